import { mergeNodes } from '../../../checks/merge-nodes';

const NODES = ['worker-0', 'worker-1', 'worker-10'];

describe('mergeNodes', () => {
  test('prints a problem of several nodes once, with the list of nodes', () => {
    const problems = NODES.map((node) => `${node}: no answer over SSH (timeout)`);
    expect(mergeNodes(problems, NODES)).toEqual([
      'worker-0, worker-1 and worker-10: no answer over SSH (timeout)',
    ]);
    expect(mergeNodes(problems.slice(0, 2), NODES)).toEqual([
      'worker-0 and worker-1: no answer over SSH (timeout)',
    ]);
  });

  test('names the nodes after one word "nodes" if the problems begin with "node"', () => {
    const problems = ['node worker-1: no router', 'worker-1: a', 'node worker-0: no router'];
    expect(mergeNodes(problems, NODES)).toEqual([
      'nodes worker-0 and worker-1: no router',
      'worker-1: a',
    ]);
    expect(mergeNodes(problems.slice(0, 2), NODES)).toEqual(problems.slice(0, 2));
  });

  test('keeps the order of problems, and names nodes in the order of the lab', () => {
    const problems = ['worker-1: a', 'no node: c', 'worker-0: b', 'worker-0: a'];
    expect(mergeNodes(problems, NODES)).toEqual([
      'worker-0 and worker-1: a',
      'no node: c',
      'worker-0: b',
    ]);
  });

  test('prints a repeated problem once', () => {
    expect(mergeNodes(['worker-0: a', 'worker-0: a', 'b', 'b'], NODES)).toEqual([
      'worker-0: a',
      'b',
    ]);
  });
});
