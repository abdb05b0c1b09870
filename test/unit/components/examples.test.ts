import * as path from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import * as library from '../../../components';
import { root } from '../../../util/repo-root';
import { answers as awsAnswers } from '../../support/aws-graph';
import { sent } from '../../support/bootstrap-graph';
import { type Answers, keys, type Registered, registrations } from '../../support/mocks';

/** Environment of the programs: invented credentials, and no programs for nodes. */
const ENVIRONMENT = {
  AWS_PROFILE: 'test',
  HARDWAY_TREE: '/nowhere',
  HARDWAY_STORE: '/nowhere',
  HARDWAY_IMAGES: '/nowhere',
};

const localAnswers: Answers = {
  resource: (type, name) => ({
    ...keys(type, name),
    ...(type.endsWith(':Network') ? { publicCidr: '198.18.0.0/24' } : {}),
  }),
};

interface Preview {
  resources: Registered[];
  /** Outputs of the program, by name. */
  exported: Record<string, unknown>;
}

/** Loads the program of an example, with this checkout as the package `hardway-lab`. */
function load(name: string, parent: pulumi.Resource): Record<string, unknown> {
  let exported: Record<string, unknown> = {};
  class Lab extends library.Lab {
    constructor(lab: string, args: library.LabArgs) {
      super(lab, args, { parent });
    }
  }
  jest.isolateModules(() => {
    jest.doMock('@pulumi/pulumi', () => pulumi);
    jest.doMock('hardway-lab', () => ({ ...library, Lab }), { virtual: true });
    exported = require(path.join(root, 'examples', name, 'index.ts')) as typeof exported;
  });
  return exported;
}

/** Runs an example's program with mocks, as a preview would. */
async function preview(name: string, stack: string, answers = localAnswers): Promise<Preview> {
  let exported: Record<string, unknown> = {};
  const program = (parent: pulumi.Resource): void => void (exported = load(name, parent));
  const resources = await registrations(program, answers, stack);
  return { resources, exported };
}

/** Returns the names of all resources of a type. */
const named = ({ resources }: Preview, type: string): string[] =>
  resources.filter((one) => one.type === type).map((one) => one.name);

/** Returns the mode in each config of kube-proxy that a session sends. */
function proxyModes({ resources }: Preview): string[] {
  const sessions = resources.filter(({ type }) => type === 'command:remote:Command');
  return sessions.flatMap((session) =>
    [...sent(session).matchAll(/^mode: (\w+)/gm)].map(([, mode]) => mode),
  );
}

const roles = (nodes: string[]): string[] => nodes.map((node) => node.replace(/-\d+$/, '')).sort();

const before = { ...process.env };
beforeAll(() => void Object.assign(process.env, ENVIRONMENT));
afterAll(() => void (process.env = before));

describe('the example aws', () => {
  test('creates the three instances of profile small, and no load balancer', async () => {
    pulumi.runtime.setAllConfig({ 'project:adminCidrs': '["198.51.100.7/32"]' });
    const made = await preview('aws', 'demo', awsAnswers);
    expect(roles(named(made, 'aws:ec2/instance:Instance'))).toEqual([
      'controller',
      'worker',
      'worker',
    ]);
    expect(named(made, 'aws:ec2/eip:Eip')).toHaveLength(1);
    expect(named(made, 'aws:lb/loadBalancer:LoadBalancer')).toEqual([]);
    expect(named(made, 'hardway:lab:Lab')).toEqual(['demo']);
    expect(Object.keys(made.exported).sort()).toEqual(['apiServer', 'kubeconfig', 'nodes']);
  }, 60_000);

  test('needs the config key adminCidrs', async () => {
    pulumi.runtime.setAllConfig({});
    await expect(preview('aws', 'demo', awsAnswers)).rejects.toThrow('project:adminCidrs');
  }, 60_000);
});

describe('the example classroom', () => {
  test('gives each student the common network, and the settings of the own stack', async () => {
    const made = await preview('classroom', 'local-linus');
    expect(roles(named(made, 'hardway:local:Instance'))).toEqual([
      'controller',
      'worker',
      'worker',
    ]);
    const lab = made.resources.find(({ type }) => type === 'hardway:local:Network');
    expect(lab?.inputs.lab).toBe('local-linus');
    expect(proxyModes(made)).toEqual(['nftables', 'nftables']);
    expect(proxyModes(await preview('classroom', 'local-ada'))).toEqual(['iptables', 'iptables']);
  }, 60_000);

  test('refuses a stack of no student, and names the others', async () => {
    await expect(preview('classroom', 'local-eve')).rejects.toThrow(
      'No student has the stack local-eve: use one of local-ada, local-grace, local-linus.',
    );
  }, 60_000);
});

describe('the example custom-lab', () => {
  test('routes its own pod networks, and reads them from the plan', async () => {
    const made = await preview('custom-lab', 'custom');
    const routes = made.resources.filter(({ type }) => type === 'hardway:local:Route');
    expect(routes.map(({ inputs }) => [inputs.destination, inputs.nextHopIp])).toEqual([
      ['10.51.0.0/24', '10.50.0.20'],
      ['10.51.1.0/24', '10.50.0.21'],
    ]);
    expect(made.exported.podRoutes).toEqual([
      '10.51.0.0/24 via 10.50.0.20',
      '10.51.1.0/24 via 10.50.0.21',
    ]);
  }, 60_000);
});
