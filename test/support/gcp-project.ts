import type { compute_v1 } from '@googleapis/compute';
import { type LabConfig, parseConfig, type RawConfig } from '../../components/config';
import { ComputeServer, type Having, NOTHING } from './compute-server';
import { ownPlaces } from './typed';

// Resources of a project for tests that send requests with Google's client to a server that
// answers as the API's documentation says.

const TOKEN = 'ya29.of-the-tests';
export const PROJECT = 'my-project';
/** Config of a lab in the project. */
export const config = (raw: RawConfig = {}): LabConfig =>
  parseConfig({ cloud: 'gcp', adminCidrs: '203.0.113.7/32', project: PROJECT, ...raw });

/** URL of a resource of the project. */
export const url = (path: string): string =>
  `https://www.googleapis.com/compute/v1/projects/${PROJECT}/${path}`;
export const STATE = '0a1b2c3d';
const labels = (lab: string): Record<string, string> => ({
  'hardway-lab': lab,
  'hardway-state': STATE,
  student: 'ada',
  expires: '2026-12-01t18-00z',
});
const quotas = (
  limits: Record<string, [limit: number, usage: number]>,
): compute_v1.Schema$Quota[] =>
  Object.entries(limits).map(([metric, [limit, usage]]) => ({ metric, limit, usage }));

/** A project with the quotas of a new account, or others. */
export function project(ofRegion: Record<string, [number, number]> = {}): Having {
  const type: compute_v1.Schema$MachineType = {
    kind: 'compute#machineType',
    name: 'e2-small',
    guestCpus: 2,
    memoryMb: 2048,
    isSharedCpu: true,
    zone: 'us-west1-c',
    selfLink: url('zones/us-west1-c/machineTypes/e2-small'),
  };
  return {
    ...NOTHING,
    project: {
      kind: 'compute#project',
      name: PROJECT,
      quotas: quotas({ CPUS_ALL_REGIONS: [12, 0], NETWORKS: [5, 1], FORWARDING_RULES: [15, 0] }),
    },
    regions: {
      'us-west1': {
        kind: 'compute#region',
        name: 'us-west1',
        status: 'UP',
        quotas: quotas({
          CPUS: [24, 2],
          IN_USE_ADDRESSES: [8, 1],
          STATIC_ADDRESSES: [8, 0],
          SSD_TOTAL_GB: [500, 20],
          ...ofRegion,
        }),
      },
    },
    machineTypes: { 'us-west1-c/machineTypes/e2-small': type },
  };
}

function machine(lab: string, node: string, natIP?: string): compute_v1.Schema$Instance {
  return {
    name: `${lab}-${node}`,
    labels: labels(lab),
    status: 'RUNNING',
    machineType: url('zones/us-west1-c/machineTypes/e2-small'),
    networkInterfaces: [
      {
        networkIP: '10.240.0.10',
        accessConfigs: natIP === undefined ? [] : [{ type: 'ONE_TO_ONE_NAT', natIP }],
      },
    ],
  };
}

type Parts = Omit<Having, 'project' | 'regions' | 'machineTypes' | 'members'>;

/** One resource of every kind that a lab has. */
export const lab = (name: string): Parts => linked(parts(name));

function parts(name: string): Parts {
  const network = url(`global/networks/${name}`);
  return {
    instances: {
      'zones/us-west1-c': [
        machine(name, 'controller-0', '34.1.2.3'),
        machine(name, 'worker-0', '34.1.2.4'),
        { ...machine(name, 'worker-1'), status: 'TERMINATED' },
      ],
    },
    disks: {
      'zones/us-west1-c': [
        {
          name: `${name}-worker-0`,
          labels: labels(name),
          sizeGb: '20',
          type: url('zones/us-west1-c/diskTypes/pd-balanced'),
        },
      ],
    },
    addresses: {
      'regions/us-west1': [
        {
          name: `${name}-api`,
          labels: labels(name),
          address: '34.1.2.3',
          status: 'IN_USE',
          users: [url(`zones/us-west1-c/instances/${name}-controller-0`)],
        },
        { name: `${name}-left`, labels: labels(name), address: '34.1.2.9', status: 'RESERVED' },
      ],
    },
    forwardingRules: {
      'regions/us-west1': [
        { name: `${name}-api`, labels: labels(name), portRange: '6443-6443', IPProtocol: 'TCP' },
      ],
    },
    subnetworks: {
      'regions/us-west1': [
        {
          name: `${name}-nodes`,
          description: `Subnet nodes of lab ${name}`,
          network,
          ipCidrRange: '10.240.0.0/24',
        },
      ],
    },
    networks: [{ name, description: `The VPC of lab ${name}`, autoCreateSubnetworks: false }],
    firewalls: [{ name: `${name}-allow-ssh`, network, direction: 'INGRESS' }],
    routes: [{ name: `${name}-pod-route-worker-0`, network, destRange: '10.200.0.0/24' }],
    backendServices: {
      'regions/us-west1': [{ name: `${name}-api`, description: `Controllers of lab ${name}` }],
    },
    healthChecks: {
      'regions/us-west1': [{ name: `${name}-api`, description: `API servers of lab ${name}` }],
    },
    instanceGroups: {
      'zones/us-west1-c': [
        { name: `${name}-controllers-c`, description: `Controllers of lab ${name}`, network },
      ],
    },
  };
}

/** Adds to each item the `selfLink` that the API gives. */
function linked(having: Parts): Parts {
  const entries = Object.entries(having).map(([kind, items]) => {
    const link = (scope: string, one: { name?: string | null }): object => ({
      ...one,
      selfLink: url(`${scope}/${kind}/${one.name}`),
    });
    if (Array.isArray(items)) return [kind, items.map((one) => link('global', one))];
    const scopes = Object.entries(items as Record<string, object[]>);
    return [
      kind,
      Object.fromEntries(
        scopes.map(([scope, list]) => [scope, list.map((one) => link(scope, one))]),
      ),
    ];
  });
  return Object.fromEntries(entries) as Parts;
}

/** Both, kind by kind and scope by scope. */
export function together(one: Parts, other: Parts): Parts {
  const scopes = <T>(a: Record<string, T[]>, b: Record<string, T[]>): Record<string, T[]> =>
    Object.fromEntries(
      [...new Set([...Object.keys(a), ...Object.keys(b)])].map((scope) => [
        scope,
        [...(a[scope] ?? []), ...(b[scope] ?? [])],
      ]),
    );
  return {
    instances: scopes(one.instances, other.instances),
    disks: scopes(one.disks, other.disks),
    addresses: scopes(one.addresses, other.addresses),
    forwardingRules: scopes(one.forwardingRules, other.forwardingRules),
    subnetworks: scopes(one.subnetworks, other.subnetworks),
    backendServices: scopes(one.backendServices, other.backendServices),
    healthChecks: scopes(one.healthChecks, other.healthChecks),
    instanceGroups: scopes(one.instanceGroups, other.instanceGroups),
    networks: [...one.networks, ...other.networks],
    firewalls: [...one.firewalls, ...other.firewalls],
    routes: [...one.routes, ...other.routes],
  };
}

// Jest can't import the ES module by which the client speaks HTTP; where there is a window it takes that one's fetch.
Object.assign(globalThis, { window: { fetch } });

/**
 * Starts a server of the API for each test of a file, with a new project. Its `having` holds the
 * resources of the project.
 */
export function ownProject(): { server: ComputeServer } {
  const own = {} as { server: ComputeServer };
  ownPlaces();
  beforeEach(async () => {
    own.server = await ComputeServer.start(TOKEN);
    Object.assign(process.env, {
      GOOGLE_COMPUTE_CUSTOM_ENDPOINT: own.server.endpoint,
      GOOGLE_OAUTH_ACCESS_TOKEN: TOKEN,
      GOOGLE_CLOUD_PROJECT: PROJECT,
    });
    own.server.having = project();
  });
  afterEach(async () => {
    for (const name of [
      'GOOGLE_COMPUTE_CUSTOM_ENDPOINT',
      'GOOGLE_OAUTH_ACCESS_TOKEN',
      'GOOGLE_CLOUD_PROJECT',
      'GOOGLE_CREDENTIALS',
    ])
      delete process.env[name];
    await own.server.stop();
  });
  return own;
}
