import { isSecret, type Registered } from './mocks';

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

  /** What `resource` waits for itself: its dependencies, without those that others of them wait for. */
  directly(resource: Registered): Registered[] {
    const all = [...new Set(resource.dependencies)].map((key) => this.byKey.get(key)!);
    return all.filter((one) => !all.some((other) => other !== one && this.comesAfter(other, one)));
  }

  /** Keys of all that must be there before. */
  private before(resource: Registered): Set<string> {
    const key = keyOf(resource);
    let known = this.known.get(key);
    if (!known) {
      known = new Set(
        resource.dependencies.flatMap((one) => [one, ...this.before(this.byKey.get(one)!)]),
      );
      this.known.set(key, known);
    }
    return known;
  }
}

/** A graph as text, for snapshots: a paragraph a resource, with what it waits for; of what `detailed` picks the inputs, too. */
export function describeGraph(graph: Graph, detailed: (resource: Registered) => boolean): string {
  const title = ({ type, name }: Registered): string => `${type.split(':').pop()} ${name}`;
  const paragraphs = graph.all.map((resource) => {
    const after = graph.directly(resource).map(title).sort();
    const first = `${title(resource)}${after.length > 0 ? `  <-  ${after.join(', ')}` : ''}`;
    return [first, ...(detailed(resource) ? lines(resource.inputs, '    ') : [])].join('\n');
  });
  return `${paragraphs.sort().join('\n')}\n`;
}

/** A line a value: short ones whole, others a line a part. Secrets are named and not shown. */
function lines(values: object, indent: string): string[] {
  return Object.entries(values)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, value]) => {
      const line = `${indent}${key}: ${isSecret(value) ? '(secret)' : JSON.stringify(value).replaceAll('"', '').replaceAll(',', ', ')}`;
      return line.length > 100 && typeof value === 'object'
        ? [`${indent}${key}:`, ...lines(value, `${indent}  `)]
        : [line];
    });
}
