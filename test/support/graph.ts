import type { Registered } from './mocks';

const keyOf = ({ type, name }: Registered): string => `${type} ${name}`;

/** Everything that a program registered, and what waits for what. */
export class Graph {
  private readonly byKey: Map<string, Registered>;
  private readonly known = new Map<string, Set<string>>();

  constructor(readonly all: Registered[]) {
    this.byKey = new Map(all.map((resource) => [keyOf(resource), resource]));
  }

  /** Those whose type ends in `:kind`. */
  every(kind: string): Registered[] {
    return this.all.filter(({ type }) => type.endsWith(`:${kind}`));
  }

  /** The one resource of that kind and name. */
  of(kind: string, name: string): Registered {
    const found = this.every(kind).filter((resource) => resource.name === name);
    if (found.length !== 1) throw new Error(`there are ${found.length} ${kind} called "${name}"`);
    return found[0];
  }

  /** Whether `resource` is made only after `earlier` is there, be it by others between them. */
  comesAfter(resource: Registered, earlier: Registered): boolean {
    return this.before(resource).has(keyOf(earlier));
  }

  /** Keys of all that must be there before. */
  private before(resource: Registered): Set<string> {
    const key = keyOf(resource);
    let known = this.known.get(key);
    if (!known) {
      known = new Set(resource.dependencies.flatMap((one) => [one, ...this.before(this.byKey.get(one)!)]));
      this.known.set(key, known);
    }
    return known;
  }
}
