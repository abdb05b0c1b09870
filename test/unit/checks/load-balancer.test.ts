import type { Evidence } from '../../../checks/check';
import type { LabUnderTest } from '../../../checks/lab';
import { loadBalancerChecks } from '../../../checks/rows/load-balancer';
import { BALANCED } from '../../../checks/probes/pod-manifest';
import { silent, outputs } from '../../support/silent-lab';

const REFUSED = new Error('connect ECONNREFUSED 198.18.1.30:80');
const nginx = { status: 200, server: 'nginx/1.22.1', body: '' };

const services = {
  items: Object.entries(BALANCED).map(([externalTrafficPolicy, name], index) => ({
    metadata: { name },
    spec: { externalTrafficPolicy },
    status: { loadBalancer: { ingress: [{ ip: `198.18.1.3${index}` }] } },
  })),
};

/** Runs `lb.reach`. `refuses` says which of a client's connections, counted from 0, are refused. */
async function reach(refuses: (connection: number) => boolean): Promise<Evidence> {
  let connections = 0;
  const facts = outputs({ loadBalancer: true });
  const { nodes } = facts.topology;
  const lab = {
    access: {
      ...silent(facts),
      kubectl: async () => ({ code: 0, stdout: JSON.stringify(services), stderr: '' }),
      http: async () => (refuses(connections++) ? Promise.reject(REFUSED) : nginx),
    },
    outputs: facts,
    topology: facts.topology,
    workers: nodes.filter(({ role }) => role === 'worker'),
    controllers: nodes.filter(({ role }) => role === 'controller'),
    pods: {
      namespace: 'tests',
      nodePortWorker: 'worker-1',
      services: async () => undefined,
      nginx: async () => ({ name: 'nginx', ip: '10.200.1.2' }),
    },
  } as unknown as LabUnderTest;
  return loadBalancerChecks.find(({ id }) => id === 'lb.reach')!.run(lab);
}

describe('lb.reach', () => {
  afterEach(() => jest.restoreAllMocks());

  test('passes if one worker gets its rules later than another', async () => {
    const { problems, evidence } = await reach(
      (connection) => connection < 16 && connection % 2 > 0,
    );
    expect(problems).toEqual([]);
    expect(evidence).toBe('HTTP 200, Server: nginx/1.22.1');
  });

  test('fails if one worker always refuses connections', async () => {
    let seconds = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => 1000 * (seconds += 6));
    const { problems, evidence } = await reach((connection) => connection % 4 > 0);
    expect(problems).toEqual([
      expect.stringMatching(/answers: connect ECONNREFUSED .* \(6 of 8 connections\)$/),
    ]);
    expect(evidence.split('\n')).toHaveLength(2);
  });
});
