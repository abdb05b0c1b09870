import { joinNames } from '../util/join-names';
import { plural } from '../util/plural';

/** Placeholder for the node's name in a problem's text. */
const NODE = '\0';

/**
 * Merges problems of the form `NODE: TEXT` or `node NODE: TEXT` that have the same text:
 * `worker-0 and worker-1: TEXT`, `nodes worker-0 and worker-1: TEXT`. The names are in the order of
 * `nodes`. Keeps the order of texts and all other problems, each once.
 */
export function mergeNodes(problems: string[], nodes: string[]): string[] {
  const nodesByText = new Map<string, string[]>();
  for (const problem of new Set(problems)) {
    const node = nodes.find(
      (name) => problem.startsWith(`${name}: `) || problem.startsWith(`node ${name}: `),
    );
    if (node === undefined) {
      nodesByText.set(problem, []);
      continue;
    }
    const text = problem.replace(node, NODE);
    nodesByText.set(text, [...(nodesByText.get(text) ?? []), node]);
  }
  return [...nodesByText].map(([text, names]) => {
    const inOrder = nodes.filter((name) => names.includes(name));
    return text
      .replace(`node ${NODE}`, `${plural(names.length, 'node')} ${NODE}`)
      .replace(NODE, joinNames(inOrder));
  });
}
