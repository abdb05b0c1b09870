import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { routesCommand, vpcRoutes } from '../../../checks/access/vpc-routes';
import { vpcRouteProblems } from '../../../checks/rows/routes';
import { writeLabFiles } from '../../../cli/lab/files';
import type { AwsRoute } from '../../../components/aws/read-routes';
import { parseConfig, type RawConfig } from '../../../components/config';
import { describeConfig, type LabOutputs, loginOf, readOutputs } from '../../../components/outputs';
import { topology } from '../../../components/topology';
import { ComputeServer, NOTHING } from '../../support/compute-server';

function outputsOf(raw: RawConfig): LabOutputs {
  const config = parseConfig({ adminCidrs: '198.51.100.0/24', ...raw });
  const nodes = topology(config).nodes.map(({ name, privateIp, isPublic }, index) => ({
    name,
    privateIp,
    publicIp: isPublic ? `203.0.113.${index}` : '',
  }));
  return readOutputs({
    lab: 'aws-s01',
    config: describeConfig(config),
    nodes,
    apiServer: '',
    nodePortUrl: '',
    knownHosts: '',
    kubeconfig: '',
    sshPrivateKey: 'KEY',
    expires: '',
    bootstrapped: '',
  });
}
const small = outputsOf({ cloud: 'aws', profile: 'small', region: 'eu-west-1' });

let directory: string;
const { HARDWAY_STATE } = process.env;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'clouds-'));
  process.env.HARDWAY_STATE = path.join(directory, 'state');
});
afterEach(() => {
  if (HARDWAY_STATE === undefined) delete process.env.HARDWAY_STATE;
  else process.env.HARDWAY_STATE = HARDWAY_STATE;
  fs.rmSync(directory, { recursive: true });
});

describe('a node without a public address', () => {
  test('is logged in to by way of the gateway', () => {
    expect(loginOf(small, small.nodes[0])).toEqual({ host: '203.0.113.0' });
    expect(loginOf(small, small.nodes[2])).toEqual({
      host: '10.240.0.21',
      through: { name: 'controller-0', host: '203.0.113.0' },
    });
  });

  test('has a line for it in what ssh reads', () => {
    const { sshConfig } = writeLabFiles('aws-s01', small);
    const read = (node: string): string =>
      execFileSync('ssh', ['-G', '-F', sshConfig, node], { encoding: 'utf8' });
    expect(read('worker-1')).toMatch(/^hostname 10\.240\.0\.21$[\s\S]*^proxyjump controller-0$/m);
    expect(read('controller-0')).toMatch(/^hostname 203\.0\.113\.0$/m);
    expect(read('controller-0')).not.toMatch(/^proxyjump/m);
  });
});

/** Rows as components/aws/read-routes.ts returns them; test/integration/account.test.ts tests that file. */
const mockRows: { rows: AwsRoute[] | Error } = { rows: [] };
jest.mock('../../../components/aws/read-routes', () => ({
  readRoutes: async () => {
    if (mockRows.rows instanceof Error) throw mockRows.rows;
    return mockRows.rows;
  },
}));

const table = (id: string, ...routes: [cidr: string, by: string, state?: string][]): AwsRoute[] =>
  routes.map(([destination, target, state = 'active']) => ({
    table: id,
    destination,
    target,
    address: { 'eni-0': '10.240.0.20', 'eni-1': '10.240.0.21' }[target],
    state,
  }));

describe('route.vpc on AWS', () => {
  const look = async (...tables: AwsRoute[][]): Promise<string[]> => {
    mockRows.rows = tables.flat();
    return vpcRouteProblems(await vpcRoutes(small), small.topology);
  };
  const good: [string, string][] = [
    ['10.240.0.0/24', 'local'],
    ['10.200.0.0/24', 'eni-0'],
    ['10.200.1.0/24', 'eni-1'],
  ];

  test('passes if each table has each worker’s route', async () => {
    expect(
      await look(
        table('rtb-1', ...good, ['0.0.0.0/0', 'igw-1']),
        table('rtb-2', ...good, ['0.0.0.0/0', 'eni-0']),
      ),
    ).toEqual([]);
  });
  test('names the table that lacks a route, and the route with a wrong next hop', async () => {
    expect(
      await look(table('rtb-1', ...good), table('rtb-2', good[1], ['10.200.1.0/24', 'eni-0'])),
    ).toEqual(['rtb-2: 10.200.1.0/24 goes to 10.240.0.20, expected 10.240.0.21 (worker-1)']);
    expect(await look(table('rtb-1', ...good), table('rtb-2', good[1]))).toEqual([
      'rtb-2: no route for 10.200.1.0/24, expected one to worker-1',
    ]);
  });
  test('fails for a route to an instance that does not exist any more, and for a lab without tables', async () => {
    expect(await look(table('rtb-1', good[1], ['10.200.1.0/24', 'eni-1', 'blackhole']))).toEqual([
      '10.200.1.0/24 goes to blackhole, expected 10.240.0.21 (worker-1)',
    ]);
    expect(await look()).toHaveLength(2);
  });
  test('reads the routes of one IP family only', async () => {
    mockRows.rows = table('rtb-1', ...good, ['::/0', 'igw-1'], ['fd00:10:200::/64', 'eni-0']);
    const read = async (family: 'ipv4' | 'ipv6'): Promise<string[]> =>
      (await vpcRoutes(small, family)).map(({ destination }) => destination);
    expect(await read('ipv4')).toEqual(good.map(([destination]) => destination));
    expect(await read('ipv6')).toEqual(['default', 'fd00:10:200::/64']);
  });
  test('repeats the error of AWS if it can’t be asked', async () => {
    mockRows.rows = new Error('AWS did not answer: no');
    await expect(vpcRoutes(small)).rejects.toThrow('AWS did not answer: no');
  });
});

// jest can't import the ES module that the client sends HTTP with. With a `window` the client uses its fetch.
Object.assign(globalThis, { window: { fetch } });

describe('route.vpc on Google Cloud', () => {
  const PROJECT = 'my-project';
  const url = (inside: string): string =>
    `https://www.googleapis.com/compute/v1/projects/${PROJECT}/${inside}`;
  const route = (lab: string, destRange: string, node: string): object => ({
    name: `${lab}-${node}-${destRange}`,
    network: url(`global/networks/${lab}`),
    destRange,
    nextHopInstance: url(`zones/us-west1-c/instances/${lab}-${node}`),
  });
  let server: ComputeServer;
  beforeEach(async () => {
    server = await ComputeServer.start('ya29.test');
    process.env.GOOGLE_COMPUTE_CUSTOM_ENDPOINT = server.endpoint;
    process.env.GOOGLE_OAUTH_ACCESS_TOKEN = 'ya29.test';
  });
  afterEach(async () => {
    for (const name of [
      'GOOGLE_COMPUTE_CUSTOM_ENDPOINT',
      'GOOGLE_OAUTH_ACCESS_TOKEN',
      'GOOGLE_PROJECT',
    ])
      delete process.env[name];
    await server.stop();
  });

  test('reads the routes of the lab’s own network, not those of a lab with a similar name', async () => {
    // The project comes from the environment, as the provider takes it.
    process.env.GOOGLE_PROJECT = PROJECT;
    const outputs = { ...outputsOf({ cloud: 'gcp' }), lab: 'gcp' };
    const named = (name: string): object => ({ name, selfLink: url(`global/networks/${name}`) });
    server.having = {
      ...NOTHING,
      project: { name: PROJECT },
      networks: [named('gcp-s01'), named('gcp')],
      routes: [
        {
          name: 'default-route',
          network: url('global/networks/gcp'),
          destRange: '0.0.0.0/0',
          nextHopGateway: url('global/gateways/default-internet-gateway'),
        },
        route('gcp', '10.200.0.0/24', 'worker-0'),
        route('gcp', '10.200.1.0/24', 'worker-0'),
        route('gcp', '10.200.2.0/24', 'worker-2'),
        route('gcp-s01', '10.200.1.0/24', 'worker-1'),
      ],
    };
    const rows = await vpcRoutes(outputs);
    expect(rows).toHaveLength(4);
    expect(vpcRouteProblems(rows, outputs.topology)).toEqual([
      '10.200.1.0/24 goes to 10.240.0.20, expected 10.240.0.21 (worker-1)',
    ]);
    // The client takes seconds to load on a busy host.
  }, 30_000);
});

test('route.vpc shows the command that a reader types', () => {
  expect(routesCommand(small)).toBe(
    'aws ec2 describe-route-tables --region eu-west-1 --filters Name=tag:hardway-lab,Values=aws-s01',
  );
});
