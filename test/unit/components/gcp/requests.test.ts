import type { RawConfig } from '../../../../components/config';
import { LONGEST_LAB_NAME } from '../../../../util/lab-name';
import { DISCOVERY, type Request, requestMistakes } from '../../../support/discovery';
import { gcpLab } from '../../../support/gcp-graph';
import { requestsOf } from '../../../support/gcp-requests';

const requests = async (raw: RawConfig = {}, name?: string): Promise<Map<string, Request>> =>
  requestsOf((await gcpLab({ stage: 'none', ...raw }, name)).graph);

/** The request that creates one resource, with fields of its body changed. */
async function changed(resource: string, changes: object): Promise<Request> {
  const request = (await requests()).get(resource)!;
  return { ...request, body: { ...(request.body as object), ...changes } };
}

describe('requests rendered from the resource graph', () => {
  test.each<[string, RawConfig, number]>([
    ['of profile full', {}, 27],
    ['of profile small', { profile: 'small' }, 16],
    ['with workers on Arm', { workerType: 'c4a-standard-1' }, 27],
    [
      'all on Arm, with a hyperdisk',
      { controllerType: 'n4a-standard-1', workerType: 't2a-standard-1' },
      27,
    ],
    [
      'with a custom machine type',
      { controllerType: 'n2-custom-2-4096', workerType: 'n4-standard-2' },
      27,
    ],
  ])('match the discovery document: a lab %s', async (_, raw, count) => {
    const found = await requests(raw);
    const mistakes = [...found].flatMap(([resource, request]) =>
      requestMistakes(request).map((mistake) => `${resource}: ${mistake}`),
    );
    expect(mistakes).toEqual([]);
    expect(found.size).toBe(count);
  });

  test('match the discovery document with the longest lab name, and names have up to 63 characters', async () => {
    const found = await requests({}, 'g'.repeat(LONGEST_LAB_NAME));
    expect([...found.values()].flatMap(requestMistakes)).toEqual([]);
    const names = [...found.values()].map(({ body }) => String((body as { name?: string }).name));
    const longest = Math.max(...names.map(({ length }) => length));
    expect(longest).toBe(LONGEST_LAB_NAME + '-allow-health-checks'.length);
    expect(longest).toBeLessThanOrEqual(63);
  });

  test('name a network of the lab in each place with a default network at Google', async () => {
    const found = [...(await requests())].filter(([resource]) =>
      /^(Firewall|Subnetwork|Route|InstanceGroup) /.test(resource),
    );
    expect(found.length).toBeGreaterThan(10);
    expect(found.map(([, { body }]) => (body as { network?: string }).network)).toEqual(
      found.map(() => 'projects/p/gcp-s01'),
    );
  });
});

describe('the discovery document', () => {
  test('refuses an unknown enum value', async () => {
    const request = await changed('RegionBackendService api', {
      loadBalancingScheme: 'EXTERNAL_MANGED',
    });
    expect(requestMistakes(request)).toEqual([
      expect.stringContaining('loadBalancingScheme is "EXTERNAL_MANGED": not one of EXTERNAL, '),
    ]);
  });

  test('refuses an unknown field at any depth', async () => {
    const request = await changed('Instance worker-0', { disks: [{ bootdisk: true }] });
    expect(requestMistakes(request)).toEqual(['instances.disks[0].bootdisk is unknown']);
  });

  test('refuses a route without its network', async () => {
    expect(
      requestMistakes(await changed('Route pod-route-worker-0', { network: undefined })),
    ).toEqual(['routes.network is missing']);
  });

  test('refuses a value of another type, and text outside the pattern', async () => {
    const request = await changed('Network vpc', { mtu: '1460', name: 'Upper' });
    expect(requestMistakes(request)).toEqual([
      'networks.mtu is "1460": not of type integer',
      expect.stringMatching(/^networks\.name is "Upper": does not match /),
    ]);
  });

  test('refuses an invalid tag, and metadata without a value', async () => {
    const request = await changed('Instance worker-0', {
      tags: { items: ['Worker'] },
      metadata: { items: [{ key: 'user-data' }] },
    });
    expect(requestMistakes(request)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^instances\.tags\.items\[0\] is "Worker": does not match /),
        'instances.metadata.items[0].value is missing',
      ]),
    );
  });

  test('refuses a field of answers only, and a size that is no number', async () => {
    const request = await changed('Instance worker-0', {
      status: 'RUNNING',
      disks: [{ initializeParams: { diskSizeGb: '20GB' } }],
    });
    expect(requestMistakes(request).sort()).toEqual([
      'instances.disks[0].initializeParams.diskSizeGb is "20GB": not a number',
      'instances.status is only in answers',
    ]);
  });

  test('refuses a path without its zone', async () => {
    const { parameters, ...rest } = (await requests()).get('Instance worker-0')!;
    const { zone: _, ...others } = parameters;
    expect(requestMistakes({ ...rest, parameters: others })).toEqual(['parameter zone is missing']);
  });

  test('is the trimmed document of a named revision', () => {
    expect(DISCOVERY.revision).toBe('20261106');
  });
});
