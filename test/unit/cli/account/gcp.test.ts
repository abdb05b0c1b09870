import { gcpAccount } from '../../../../cli/account/gcp';
import { needsOf } from '../../../../cli/account/needs';
import { hourlyOf } from '../../../../cli/account/prices';
import { CloudError } from '../../../../components/cloud';
import { NOTHING } from '../../../support/compute-server';
import { config, lab, ownProject, project, together, url } from '../../../support/gcp-project';

const account = ownProject();

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
    account.server.having = {
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
    account.server.having = project({ E2_CPUS: [6, 0] });
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
    account.server.having = project({ HDB_TOTAL_GB: [100, 0] });
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
    account.server.having = {
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
    expect(account.server.asked).toEqual([]);
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
      account.server.refusal = { code, reason, message };
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
