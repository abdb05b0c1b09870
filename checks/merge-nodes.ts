/** Placeholder for the node's name in a problem's text. */
const NODE = '\0';

/** Joins names as text: `worker-0`, `worker-0 and worker-1`, `worker-0, worker-1 and worker-2`. */
export function joinNames(names: string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/**
 * Merges problems of the form `NODE: TEXT` that have the same text: `worker-0 and worker-1: TEXT`, with the names in the
 * order of `nodes`. Keeps the order of texts and all other problems, each once.
 */
export function mergeNodes(problems: string[], nodes: string[]): string[] {
  const nodesByText = new Map<string, string[]>();
  for (const problem of new Set(problems)) {
    const node = nodes.find((name) => problem.startsWith(`${name}: `));
    if (node === undefined) {
      nodesByText.set(problem, []);
      continue;
    }
    const text = `${NODE}${problem.slice(node.length)}`;
    nodesByText.set(text, [...(nodesByText.get(text) ?? []), node]);
  }
  return [...nodesByText].map(([text, names]) => {
    const inOrder = nodes.filter((name) => names.includes(name));
    return text.replace(NODE, joinNames(inOrder));
  });
}
