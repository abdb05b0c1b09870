import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { missingProgram, routesCommand, vpcRoutes } from '../../../checks/access/vpc-routes';
import { vpcRouteProblems } from '../../../checks/rows/routes';
import { writeLabFiles } from '../../../cli/lab/files';
import { parseConfig, type RawConfig } from '../../../components/config';
import { describeConfig, type LabOutputs, loginOf, readOutputs } from '../../../components/outputs';
import { topology } from '../../../components/topology';

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
const { PATH, HARDWAY_STATE } = process.env;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'clouds-'));
  process.env.HARDWAY_STATE = path.join(directory, 'state');
});
afterEach(() => {
  process.env.PATH = PATH;
  if (HARDWAY_STATE === undefined) delete process.env.HARDWAY_STATE;
  else process.env.HARDWAY_STATE = HARDWAY_STATE;
  fs.rmSync(directory, { recursive: true });
});

/** Puts a program first on PATH that answers by what is asked of it, and says which question it has no answer to. */
function stub(program: string, answers: Record<string, unknown>): void {
  const cases = Object.entries(answers).map(([words, answer], index) => {
    fs.writeFileSync(path.join(directory, `${index}.json`), JSON.stringify(answer));
    return `*'${words}'*) cat '${directory}/${index}.json' ;;`;
  });
  fs.writeFileSync(
    path.join(directory, program),
    `#!/bin/sh\ncase "$*" in ${cases.join('\n')} *) echo "no answer to $*" >&2; exit 9 ;; esac\n`,
    { mode: 0o755 },
  );
  process.env.PATH = `${directory}:${PATH}`;
}

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

const awsTable = (id: string, ...routes: [cidr: string, by: string, state?: string][]): object => ({
  RouteTableId: id,
  Routes: routes.map(([DestinationCidrBlock, by, State = 'active']) => ({
    DestinationCidrBlock,
    State,
    [by.startsWith('eni-') ? 'NetworkInterfaceId' : 'GatewayId']: by,
  })),
});
const INTERFACES = {
  NetworkInterfaces: [0, 1].map((index) => ({
    NetworkInterfaceId: `eni-${index}`,
    PrivateIpAddress: `10.240.0.2${index}`,
  })),
};

describe('route.vpc on AWS', () => {
  const look = async (...tables: object[]): Promise<string[]> => {
    stub('aws', {
      'describe-route-tables --region eu-west-1 --filters Name=tag:lab,Values=aws-s01': {
        RouteTables: tables,
      },
      'describe-network-interfaces --region eu-west-1': INTERFACES,
    });
    return vpcRouteProblems(await vpcRoutes(small), small.topology);
  };
  const good: [string, string][] = [
    ['10.240.0.0/24', 'local'],
    ['10.200.0.0/24', 'eni-0'],
    ['10.200.1.0/24', 'eni-1'],
  ];

  test('passes where each table has each worker’s route', async () => {
    expect(
      await look(
        awsTable('rtb-1', ...good, ['0.0.0.0/0', 'igw-1']),
        awsTable('rtb-2', ...good, ['0.0.0.0/0', 'eni-0']),
      ),
    ).toEqual([]);
  });
  test('names the table that lacks one, and the route that leads elsewhere', async () => {
    expect(
      await look(
        awsTable('rtb-1', ...good),
        awsTable('rtb-2', good[1], ['10.200.1.0/24', 'eni-0']),
      ),
    ).toEqual(['rtb-2: 10.200.1.0/24 goes to 10.240.0.20, expected 10.240.0.21 (worker-1)']);
    expect(await look(awsTable('rtb-1', ...good), awsTable('rtb-2', good[1]))).toEqual([
      'rtb-2: no route for 10.200.1.0/24, expected one to worker-1',
    ]);
  });
  test('sees the route whose machine is gone, and a lab without tables', async () => {
    expect(await look(awsTable('rtb-1', good[1], ['10.200.1.0/24', 'eni-1', 'blackhole']))).toEqual(
      ['10.200.1.0/24 goes to blackhole, expected 10.240.0.21 (worker-1)'],
    );
    expect(await look()).toHaveLength(2);
  });
  test('repeats what AWS says where it can’t be asked', async () => {
    stub('aws', {});
    await expect(vpcRoutes(small)).rejects.toThrow(
      /^`aws ec2 describe-route-tables .*` exited 9: no answer to/,
    );
  });
});

test('route.vpc on Google Cloud reads its routes, which name machines', async () => {
  const outputs = { ...outputsOf({ cloud: 'gcp', project: 'my-project' }), lab: 'gcp-s01' };
  const route = (destRange: string, node: string): object => ({
    destRange,
    nextHopInstance: `https://www.googleapis.com/compute/v1/projects/my-project/zones/us-west1-c/instances/gcp-s01-${node}`,
  });
  const internet = {
    destRange: '0.0.0.0/0',
    nextHopGateway:
      'https://www.googleapis.com/compute/v1/projects/my-project/global/gateways/default-internet-gateway',
  };
  stub('gcloud', {
    'routes list --project my-project --filter network:gcp-s01': [
      internet,
      route('10.200.0.0/24', 'worker-0'),
      route('10.200.1.0/24', 'worker-0'),
      route('10.200.2.0/24', 'worker-2'),
    ],
  });
  expect(vpcRouteProblems(await vpcRoutes(outputs), outputs.topology)).toEqual([
    '10.200.1.0/24 goes to 10.240.0.20, expected 10.240.0.21 (worker-1)',
  ]);
});

test('route.vpc tells which program it lacks, and what a reader types', () => {
  expect(missingProgram({ cloud: 'aws' }, directory)).toBe('aws');
  expect(missingProgram({ cloud: 'gcp' }, directory)).toBe('gcloud');
  expect(missingProgram({ cloud: 'local' }, directory)).toBeUndefined();
  stub('aws', {});
  expect(missingProgram({ cloud: 'aws' })).toBeUndefined();
  expect(routesCommand(small)).toBe(
    'aws ec2 describe-route-tables --region eu-west-1 --filters Name=tag:lab,Values=aws-s01 --output json',
  );
});
