import { inArticleOrder } from '../../../checks/registry';

describe('the order of checks', () => {
  test('is the order of the article', () => {
    const sorted = inArticleOrder([
      { id: 'nodeport.reach' },
      { id: 'pod.veth' },
      { id: 'nat.off' },
    ]);
    expect(sorted.map(({ id }) => id)).toEqual(['pod.veth', 'nat.off', 'nodeport.reach']);
  });

  test('refuses a check that ORDER lacks, and names it', () => {
    expect(() => inArticleOrder([{ id: 'nodes.ping' }, { id: 'nodes.new' }])).toThrow(
      'ORDER in checks/registry.ts lacks the check "nodes.new": add it to ORDER',
    );
  });
});
