import type { compute_v1 } from '@googleapis/compute';
import type { OrphanQuery } from '../../../../cli/account/account';
import type { PendingCreate } from '../../../../cli/engine/snapshot';
import { gcpAccount } from '../../../../cli/account/gcp';
import { needsOf } from '../../../../cli/account/needs';
import { hourlyOf } from '../../../../cli/account/prices';
import { CloudError } from '../../../../components/cloud';
import { type LabConfig, parseConfig, type RawConfig } from '../../../../components/config';
import { ComputeServer, type Having, NOTHING } from '../../../support/compute-server';
import { ownPlaces, typed } from '../../../support/typed';

// Requests of `lab doctor --cloud gcp` and `lab audit`, sent with Google's client to a server that
// answers as the API's documentation says.

const TOKEN = 'ya29.of-the-tests';
const PROJECT = 'my-project';
const config = (raw: RawConfig = {}): LabConfig =>
  parseConfig({ cloud: 'gcp', adminCidrs: '203.0.113.7/32', project: PROJECT, ...raw });

const url = (path: string): string =>
  `https://www.googleapis.com/compute/v1/projects/${PROJECT}/${path}`;
const STATE = '0a1b2c3d';
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
function project(ofRegion: Record<string, [number, number]> = {}): Having {
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
const lab = (name: string): Parts => linked(parts(name));

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
function together(one: Parts, other: Parts): Parts {
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

let server: ComputeServer;
ownPlaces();
beforeEach(async () => {
  server = await ComputeServer.start(TOKEN);
  Object.assign(process.env, {
    GOOGLE_COMPUTE_CUSTOM_ENDPOINT: server.endpoint,
    GOOGLE_OAUTH_ACCESS_TOKEN: TOKEN,
    GOOGLE_CLOUD_PROJECT: PROJECT,
  });
  server.having = project();
});
afterEach(async () => {
  for (const name of [
    'GOOGLE_COMPUTE_CUSTOM_ENDPOINT',
    'GOOGLE_OAUTH_ACCESS_TOKEN',
    'GOOGLE_CLOUD_PROJECT',
    'GOOGLE_CREDENTIALS',
  ])
    delete process.env[name];
  await server.stop();
});

describe('an account of Google Cloud', () => {
  test('returns its project and zone', async () => {
    expect(await gcpAccount(config()).who()).toBe('project my-project in us-west1-c');
  });

  test('returns the processors of a type, and leaves out types that the zone lacks', async () => {
    expect([...(await gcpAccount(config()).processors(['e2-small', 'e2-gigantic']))]).toEqual([
      ['e2-small', 2],
    ]);
  });

  test('has quotas of region and project with the use of others, without unreported ones', async () => {
    const needs = needsOf(config());
    const found = await gcpAccount(config()).quotas(needs, new Map([['e2-small', 2]]));
    expect(found.map(({ name, limit, used, needed }) => [name, limit, used, needed])).toEqual([
      ['processors (CPUS) in us-west1', 24, 2, 12],
      ['processors in all regions', 12, 0, 12],
      ['addresses in use in us-west1', 8, 1, 7],
      ['static addresses in us-west1', 8, 0, 1],
      ['GB of balanced and SSD disks in us-west1', 500, 20, 120],
      ['networks', 5, 1, 1],
      ['forwarding rules', 15, 0, 1],
    ]);
  });

  test('lists the resources of one lab with prices, although each page has only one resource', async () => {
    server.having = {
      ...project(),
      ...together(together(lab('gcp-s02'), lab('gcp-s01')), {
        ...NOTHING,
        networks: [{ name: 'default' }],
        routes: [{ name: 'default-route', network: url('global/networks/default') }],
      }),
    };
    const found = await gcpAccount(config()).remains('gcp-s01');
    const costs = found.map(({ kind, id, hourly }) => `${kind} ${id} ${hourly?.toFixed(4)}`).sort();
    expect(costs).toEqual([
      // A reserved address is its own row, so the instance's price excludes it.
      'address gcp-s01-api 0.0050',
      'address gcp-s01-left 0.0100',
      'backend service gcp-s01-api 0.0000',
      'disk gcp-s01-worker-0 0.0027',
      'firewall rule gcp-s01-allow-ssh 0.0000',
      'forwarding rule gcp-s01-api 0.0250',
      'health check gcp-s01-api 0.0000',
      'instance gcp-s01-controller-0 0.0168',
      'instance gcp-s01-worker-0 0.0218',
      'instance gcp-s01-worker-1 0.0000',
      'instance group gcp-s01-controllers-c 0.0000',
      'network gcp-s01 0.0000',
      'route gcp-s01-pod-route-worker-0 0.0000',
      'subnet gcp-s01-nodes 0.0000',
    ]);
    expect(found.find(({ kind }) => kind === 'disk')).toMatchObject({
      lab: 'gcp-s01',
      student: 'ada',
      expires: '2026-12-01t18-00z',
    });
    const all = await gcpAccount(config()).remains();
    expect([all.length, new Set(all.map((one) => one.lab))]).toEqual([
      2 * found.length,
      new Set(['gcp-s01', 'gcp-s02']),
    ]);
  });

  test('counts e2 in E2_CPUS too if the region has that quota', async () => {
    server.having = project({ E2_CPUS: [6, 0] });
    const found = await gcpAccount(config()).quotas(needsOf(config()), new Map([['e2-small', 2]]));
    expect(
      found
        .filter(({ name }) => /CPUS/.test(name))
        .map(({ name, limit, needed }) => [name, limit, needed]),
    ).toEqual([
      ['processors (CPUS) in us-west1', 24, 12],
      ['processors (E2_CPUS) in us-west1', 6, 12],
    ]);
  });

  test('counts hyperdisks in their own quota, and has their price', async () => {
    const types = config({ workerType: 'n4-standard-2' });
    server.having = project({ HDB_TOTAL_GB: [100, 0] });
    const found = await gcpAccount(types).quotas(needsOf(types), new Map());
    expect(
      found.filter(({ name }) => /^GB/.test(name)).map(({ name, needed }) => [name, needed]),
    ).toEqual([
      ['GB of balanced and SSD disks in us-west1', 60],
      ['GB of hyperdisks in us-west1', 60],
    ]);
    const all = hourlyOf('gcp', needsOf(config())).dollars;
    const mixed = hourlyOf('gcp', {
      ...needsOf(types),
      machines: new Map([
        ['e2-small', 3],
        ['n4-standard-2', 3],
      ]),
    });
    expect(mixed.unknown).toEqual(['n4-standard-2']);
    // Three machines without a known price, and three disks of 20 GiB that cost $0.02 a GiB less.
    expect(all - mixed.dollars).toBeCloseTo(3 * 0.0168 + (3 * 20 * 0.02) / 730, 6);
  });

  test('does not count resources of other networks and names as the lab’s', async () => {
    const own = lab('gcp-s01');
    const others = 'https://www.googleapis.com/compute/v1/projects/other/global/networks/gcp-s01';
    server.having = {
      ...project(),
      ...own,
      networks: [
        ...own.networks,
        {
          name: 'hand',
          description: 'The VPC of lab gcp-s01',
          selfLink: url('global/networks/hand'),
        },
      ],
      firewalls: [{ name: 'of-another-project', network: others }],
      routes: [{ name: 'of-another-network', network: url('global/networks/gcp-s01-x') }],
      healthChecks: { 'regions/us-west1': [{ name: 'gcp-s01-api', description: 'made by hand' }] },
      backendServices: {
        'regions/us-west1': [{ name: 'gcp-s01-web', description: 'Controllers of lab gcp-s01' }],
      },
    };
    const found = await gcpAccount(config()).remains('gcp-s01');
    const unlabelled = found
      .filter(({ state }) => state === '')
      .map(({ kind, id }) => `${kind} ${id}`);
    expect(unlabelled.sort()).toEqual([
      'instance group gcp-s01-controllers-c',
      'network gcp-s01',
      'subnet gcp-s01-nodes',
    ]);
  });

  test('belongs to the key in the variable, and an invalid key is reported', async () => {
    delete process.env.GOOGLE_OAUTH_ACCESS_TOKEN;
    process.env.GOOGLE_CREDENTIALS = '{"type": ';
    await expect(gcpAccount(config()).who()).rejects.toThrow(
      /^GOOGLE_CREDENTIALS is neither a key of Google Cloud's nor the path of one: /,
    );
    process.env.GOOGLE_CREDENTIALS = '/nowhere/key.json';
    await expect(gcpAccount(config()).who()).rejects.toThrow(/\/nowhere\/key\.json/);
    expect(server.asked).toEqual([]);
  });
});

describe('an error of Google Cloud is one sentence', () => {
  test.each<[number, string, string, RegExp]>([
    [
      403,
      'accessNotConfigured',
      'Compute Engine API has not been used in project my-project before or it is disabled.',
      /^Your Google Cloud credentials may not do this \(Compute Engine API has not been used.*\): they need the role Compute Viewer/,
    ],
    [
      403,
      'forbidden',
      "Required 'compute.projects.get' permission for 'projects/my-project'",
      /^Your Google Cloud credentials may not do this/,
    ],
    [
      500,
      'backendError',
      'Internal error. Please try again.',
      /^Google Cloud did not answer: Internal error/,
    ],
  ])(
    '%s %s',
    async (code, reason, message, sentence) => {
      server.refusal = { code, reason, message };
      const error = await gcpAccount(config())
        .who()
        .catch((failure: Error) => failure);
      expect(error).toBeInstanceOf(CloudError);
      expect((error as Error).message).toMatch(sentence);
      expect((error as Error).message).not.toContain('\n');
    },
    20_000,
  );

  test('for a token that Google refuses', async () => {
    process.env.GOOGLE_OAUTH_ACCESS_TOKEN = 'ya29.expired';
    await expect(gcpAccount(config()).who()).rejects.toThrow(
      /^Google Cloud does not know who you are \(.*\): run `gcloud auth application-default login`\.$/,
    );
  });

  test('for a missing project', async () => {
    await expect(gcpAccount(config({ project: 'other-project' })).who()).rejects.toThrow(
      /^Google Cloud has no such resource \(The resource 'projects\/other-project' was not found\): look at the config keys project and zone\.$/,
    );
  });
});

describe('./lab doctor --cloud gcp', () => {
  test('finds nothing to do if all quotas suffice, and prints the price', async () => {
    const { code, printed } = await typed('doctor --cloud gcp');
    expect(printed).toMatch(/^ok {4}Credentials .* project my-project in us-west1-c$/m);
    expect(printed).toMatch(/^ok {4}Price .* about \$0\.\d\d an hour/m);
    expect([code, printed.split('\n').pop()]).toEqual([0, 'The account at GCP can run a lab.']);
  });

  test('names profile small to a new account with quotas too small for a whole lab', async () => {
    server.having = project({ CPUS: [8, 0], IN_USE_ADDRESSES: [4, 0] });
    const { code, printed } = await typed('doctor --cloud gcp');
    expect(code).toBe(3);
    expect(printed).toMatch(
      /^FAIL {2}Quota: processors \(CPUS\) in us-west1 +12 needed, 8 of 8 free\n +To do: a smaller lab fits: --set profile=small/m,
    );
    expect(printed).toMatch(
      /^FAIL {2}Quota: addresses in use in us-west1 +7 needed, 4 of 4 free$/m,
    );
    expect((await typed('doctor --cloud gcp --set profile=small')).code).toBe(0);
  });

  test('reports a missing project and a missing machine type in one sentence each', async () => {
    expect((await typed('doctor --cloud gcp --set workerType=e2-gigantic')).printed).toMatch(
      /^FAIL {2}Machine type e2-gigantic +not offered in us-west1-c$/m,
    );
    delete process.env.GOOGLE_CLOUD_PROJECT;
    const { code, printed } = await typed('doctor --cloud gcp --json');
    expect([code, JSON.parse(printed)[0]]).toEqual([
      3,
      {
        id: 'cloud',
        title: 'Account at GCP',
        status: 'fail',
        found:
          'No Google Cloud project is chosen: set the config key project to its id, or GOOGLE_CLOUD_PROJECT.',
        cure: '',
      },
    ]);
  });
});

describe('./lab audit', () => {
  test('lists leftovers with their price, and exits 1', async () => {
    server.having = { ...project(), ...lab('gcp-s01') };
    const { code, printed } = await typed('audit gcp-s01');
    expect(printed).toMatch(
      /^gcp-s01 +ada +2026-12-01t18-00z +my-project +address +gcp-s01-left +\$0\.0100$/m,
    );
    expect([code, printed.split('\n').pop()]).toEqual([
      1,
      '14 resources in 1 lab at GCP (project my-project in us-west1-c), about $0.08 an hour, $1.95 a day.',
    ]);
  });

  test('exits 0 if it finds nothing, and 3 if it can’t ask', async () => {
    expect(await typed('audit --cloud gcp')).toEqual({
      code: 0,
      printed:
        "No resources of any lab exist at GCP (the environment's project).\nOther projects were not searched.",
    });
    delete process.env.GOOGLE_CLOUD_PROJECT;
    expect(await typed('audit --cloud gcp')).toEqual({
      code: 3,
      printed:
        'No Google Cloud project is chosen: set the config key project to its id, or GOOGLE_CLOUD_PROJECT.',
    });
  });
});

describe('orphans of a lab on Google Cloud', () => {
  const query = (more: Partial<OrphanQuery>): OrphanQuery => ({
    lab: 'gcp-s01',
    state: STATE,
    known: new Set(),
    own: new Set(),
    pending: [],
    ...more,
  });
  const path = (inside: string): string => `projects/${PROJECT}/${inside}`;
  const pending = (name: string): PendingCreate => ({
    type: 'gcp:compute/network:Network',
    urn: 'urn',
    inputs: { name },
  });
  const names = async (more: Partial<OrphanQuery>): Promise<string[]> =>
    (await gcpAccount(config()).orphans(query(more))).map(({ kind, id }) => `${kind} ${id}`);

  beforeEach(() => {
    server.having = { ...project(), ...lab('gcp-s01') };
  });

  test('are labelled resources of its state that are missing in the state', async () => {
    const known = new Set([
      path('zones/us-west1-c/instances/gcp-s01-controller-0'),
      path('regions/us-west1/forwardingRules/gcp-s01-api'),
    ]);
    expect(await names({ known })).toEqual([
      'instance gcp-s01-worker-0',
      'instance gcp-s01-worker-1',
      'disk gcp-s01-worker-0',
      'address gcp-s01-api',
      'address gcp-s01-left',
    ]);
  });

  test('do not include a lab with the same name and another state', async () => {
    expect(await names({ state: 'ffffffff' })).toEqual([]);
    expect(await names({ state: '' })).toEqual([]);
  });

  test('include resources without labels if their own create was interrupted', async () => {
    expect(await names({ state: 'ffffffff', pending: [pending('gcp-s01')] })).toEqual([
      'network gcp-s01',
    ]);
  });

  test('are deleted part by part, the network last, although Google refuses it while it has parts', async () => {
    const own = new Set([path('global/networks/gcp-s01')]);
    const orphans = await gcpAccount(config()).orphans(
      query({ own, pending: [pending('gcp-s01-api')] }),
    );
    for (const orphan of orphans) await orphan.remove();
    expect(server.deleted.at(-1)).toBe('gcp-s01');
    expect(await gcpAccount(config()).remains('gcp-s01')).toEqual([]);
  }, 60_000);

  test('include a member of the controllers’ group that an interrupted create left', async () => {
    const group = 'zones/us-west1-c/instanceGroups/gcp-s01-controllers-c';
    const url = (node: string): string =>
      `https://www.googleapis.com/compute/v1/${path(`zones/us-west1-c/instances/gcp-s01-${node}`)}`;
    const members = [url('controller-0'), url('controller-1')];
    server.having = { ...server.having, members: { [group]: members } };
    const interrupted = (node: string): PendingCreate => ({
      type: 'gcp:compute/instanceGroupMembership:InstanceGroupMembership',
      urn: `urn ${node}`,
      inputs: { instanceGroup: 'gcp-s01-controllers-c', instance: url(node), zone: 'us-west1-c' },
    });
    const pending = [interrupted('controller-0'), interrupted('controller-2')];
    const orphans = await gcpAccount(config()).orphans(query({ state: 'ffffffff', pending }));
    expect(orphans.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
      'instance group member gcp-s01-controller-0 in gcp-s01-controllers-c',
    ]);
    expect(orphans[0].byHand).toBe(
      'gcloud compute instance-groups unmanaged remove-instances gcp-s01-controllers-c --instances gcp-s01-controller-0 --zone us-west1-c --project my-project',
    );
    await orphans[0].remove();
    expect(server.having.members[group]).toEqual([url('controller-1')]);
  }, 60_000);

  test('name the command that deletes them by hand', async () => {
    const [orphan] = await gcpAccount(config()).orphans(query({}));
    expect(orphan.byHand).toBe(
      'gcloud compute forwarding-rules delete gcp-s01-api --region us-west1 --project my-project',
    );
  });
});
