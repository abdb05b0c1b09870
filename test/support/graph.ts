import { isSecret, type Registered } from './mocks';

const keyOf = ({ type, name }: Registered): string => `${type} ${name}`;

/** Registered resources of a program with their dependencies. */
export class Graph {
  private readonly byKey: Map<string, Registered>;
  private readonly known = new Map<string, Set<string>>();

  constructor(readonly all: Registered[]) {
    this.byKey = new Map(all.map((resource) => [keyOf(resource), resource]));
  }

  /** Lists the resources of a type that ends in `:kind`. */
  every(kind: string): Registered[] {
    return this.all.filter(({ type }) => type.endsWith(`:${kind}`));
  }

  /** Returns the only resource of that kind and name. */
  of(kind: string, name: string): Registered {
    const found = this.every(kind).filter((resource) => resource.name === name);
    if (found.length !== 1) throw new Error(`there are ${found.length} ${kind} called "${name}"`);
    return found[0];
  }

  /** Returns whether `resource` depends on `earlier`, directly or through other resources. */
  comesAfter(resource: Registered, earlier: Registered): boolean {
    return this.before(resource).has(keyOf(earlier));
  }

  /** Lists direct dependencies of `resource`, without those that another dependency implies. */
  directly(resource: Registered): Registered[] {
    const all = [...new Set(resource.dependencies)].map((key) => this.byKey.get(key)!);
    return all.filter((one) => !all.some((other) => other !== one && this.comesAfter(other, one)));
  }

  /** Returns the keys of all direct and indirect dependencies. */
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

/** Formats a graph for snapshots, with the inputs of the resources that `detailed` selects. */
export function describeGraph(graph: Graph, detailed: (resource: Registered) => boolean): string {
  const title = ({ type, name }: Registered): string => `${type.split(':').pop()} ${name}`;
  const paragraphs = graph.all.map((resource) => {
    const after = graph.directly(resource).map(title).sort();
    const first = `${title(resource)}${after.length > 0 ? `  <-  ${after.join(', ')}` : ''}`;
    return [first, ...(detailed(resource) ? lines(resource.inputs, '    ') : [])].join('\n');
  });
  return `${paragraphs.sort().join('\n')}\n`;
}

/** Formats a value, a long one with a line per part. Secrets show no value. */
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
