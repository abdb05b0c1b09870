import type { Account, CloudResource, Quota } from '../../../../cli/account/account';
import { vpcResource } from '../../../support/cloud-resource';
import { awsError } from '../../../../components/aws/client-errors';
import { gcpError } from '../../../../components/gcp/compute-api';
import { needsOf } from '../../../../cli/account/needs';
import { hourlyOf, formatPrice } from '../../../../cli/account/prices';
import { cloudFindings, nameFinding } from '../../../../cli/doctor/cloud';
import { CloudError } from '../../../../components/cloud';
import { parseConfig } from '../../../../components/config';

const of = (raw: Record<string, string>) => parseConfig({ adminCidrs: '203.0.113.7/32', ...raw });

describe('the needs of a lab', () => {
  test('on AWS are six machines, seven addresses, a VPC and a balancer', () => {
    expect(needsOf(of({ cloud: 'aws' }))).toMatchObject({
      machines: new Map([['t3.small', 6]]),
      publicAddresses: 7,
      reservedAddresses: 1,
      networks: 1,
      loadBalancers: 1,
    });
  });

  test('in profile small are three machines and one address', () => {
    for (const cloud of ['aws', 'gcp']) {
      const needs = needsOf(of({ cloud, profile: 'small' }));
      expect([...needs.machines.values()]).toEqual([3]);
      expect(needs).toMatchObject({ publicAddresses: 1, loadBalancers: 0 });
    }
  });

  test.each([
    ['aws', 3],
    ['gcp', 4],
  ])('on %s include an address and a balancer for each service', (cloud, loadBalancers) => {
    const services = 'a/b:80=31080,a/b:443=31443,c/d:80=31090';
    expect(needsOf(of({ cloud, loadBalancers: services }))).toMatchObject({
      publicAddresses: 9,
      reservedAddresses: 3,
      loadBalancers,
    });
  });

  test('are counted by type if controllers and workers differ', () => {
    expect(
      needsOf(of({ cloud: 'gcp', controllerType: 'e2-medium', workerType: 'e2-small' })).machines,
    ).toEqual(
      new Map([
        ['e2-medium', 3],
        ['e2-small', 3],
      ]),
    );
  });
});

describe('the price', () => {
  test('is the sum of machines, disks, addresses and balancer', () => {
    const { dollars } = hourlyOf('aws', needsOf(of({ cloud: 'aws' })));
    expect(dollars).toBeCloseTo(6 * 0.0208 + 7 * 0.005 + 0.0225 + (6 * 20 * 0.08) / 730, 6);
  });

  test('names its list, its date and unknown prices', () => {
    expect(formatPrice('gcp', needsOf(of({ cloud: 'gcp', workerType: 'n4-standard-2' })))).toMatch(
      /^about \$\d+\.\d\d an hour, \$\d+\.\d\d a day, plus n4-standard-2 of unknown price.*us-west1, \d{4}-\d\d/,
    );
  });
});

describe('the message about the price', () => {
  const priceOf = (raw: Record<string, string>): string =>
    formatPrice('gcp', needsOf(of({ cloud: 'gcp', ...raw })));

  test('says that the price of a hyperdisk is assumed', () => {
    expect(priceOf({ workerType: 'n4-standard-2' })).toMatch(
      /; traffic is not counted; the price of hyperdisk-balanced is assumed\)$/,
    );
  });

  test('assumes no price of a persistent disk', () => {
    expect(priceOf({})).toMatch(/; traffic is not counted\)$/);
  });
});

/** An account with these quotas, in which every type is there and has two processors. */
const account = (
  quotas: (needs: ReturnType<typeof needsOf>) => Quota[],
  missing: string[] = [],
): Account => ({
  who: async () => 'somebody',
  processors: async (types) =>
    new Map(types.filter((type) => !missing.includes(type)).map((type) => [type, 2])),
  quotas: async (needs) => quotas(needs),
  remains: async () => [],
  notes: async () => [],
  orphans: async () => [],
  regions: async () => [],
});
const addresses =
  (limit: number | undefined, used = 0) =>
  ({ publicAddresses }: { publicAddresses: number }): Quota[] => [
    { name: 'addresses in use', limit, used, needed: publicAddresses, ask: 'the console' },
  ];

describe('doctor of a cloud account', () => {
  const config = of({ cloud: 'gcp' });

  test('finds nothing to do if all quotas suffice', async () => {
    const findings = await cloudFindings(account(addresses(8, 1)), config);
    expect(findings.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(findings.find(({ title }) => title === 'Price')!.found).toMatch(/an hour/);
  });

  test("names profile small if it fits a new account's four addresses", async () => {
    const finding = (await cloudFindings(account(addresses(4)), config)).find(
      ({ id }) => id === 'cloud.quota',
    )!;
    expect(finding).toMatchObject({ status: 'fail', found: '7 needed, 4 of 4 free' });
    expect(finding.cure).toMatch(/profile=small/);
  });

  test('does not name profile small if that is too large as well', async () => {
    const finding = (await cloudFindings(account(addresses(4, 4)), config)).find(
      ({ id }) => id === 'cloud.quota',
    )!;
    expect(finding.cure).not.toMatch(/profile=small/);
    expect(finding.cure).toMatch(/the console/);
  });

  test('warns if a limit is unknown', async () => {
    expect(
      (await cloudFindings(account(addresses(undefined)), config)).find(
        ({ id }) => id === 'cloud.quota',
      )!.status,
    ).toBe('warn');
  });

  test('names a machine type that the zone lacks, and reads none of its quotas', async () => {
    const findings = await cloudFindings(
      account(() => {
        throw new Error('asked');
      }, ['e2-small']),
      config,
    );
    expect(findings.find(({ status }) => status === 'fail')).toMatchObject({
      title: 'Machine type e2-small',
      found: 'not offered in us-west1-c',
    });
  });

  test('reports missing credentials in one sentence, and the price without a warning', async () => {
    const nobody = {
      ...account(addresses(8)),
      who: () => Promise.reject(new CloudError('no credentials')),
    };
    const findings = await cloudFindings(nobody, config);
    expect(findings[0]).toMatchObject({ status: 'fail', found: 'no credentials' });
    expect(findings.find(({ title }) => title === 'Price')).toMatchObject({ status: 'ok' });
  });
});

describe('doctor of an account without a load balancer', () => {
  const needing = (text: string): Account => ({
    ...account(addresses(8)),
    notes: async ({ loadBalancers }) => (loadBalancers > 0 ? [text] : []),
  });
  const noteOf = async (raw: Record<string, string>) =>
    (await cloudFindings(needing('the first one needs a role'), of({ cloud: 'aws', ...raw }))).find(
      ({ id }) => id === 'cloud.note',
    );

  test('has a note about the first one', async () => {
    expect(await noteOf({})).toMatchObject({
      title: 'First load balancer',
      status: 'note',
      found: 'the first one needs a role',
    });
  });

  test('has no note for profile small, which has no load balancer', async () => {
    expect(await noteOf({ profile: 'small' })).toBeUndefined();
  });
});

describe("doctor's row for a lab's name", () => {
  const vpc = vpcResource();
  const having = (remains: () => Promise<CloudResource[]>): Account => ({
    ...account(addresses(8)),
    remains,
  });

  test('warns of resources with that name that belong to no lab here, with two cures', async () => {
    const finding = await nameFinding(
      having(async () => [vpc]),
      'aws-s01',
      false,
    );
    expect(finding).toMatchObject({
      id: 'cloud.name',
      status: 'warn',
      found: 'they exist, but no lab here has that name: vpc vpc-1',
    });
    expect(finding.cure).toMatch(/take another name, or \.\/lab down aws-s01 where its state is/);
  });

  test('accepts the resources of the lab here', async () => {
    const finding = await nameFinding(
      having(async () => [vpc]),
      'aws-s01',
      true,
    );
    expect(finding).toMatchObject({ status: 'ok', found: '1, of the lab here' });
  });

  test('accepts a name that no resource has', async () => {
    const finding = await nameFinding(
      having(async () => []),
      'aws-s01',
      false,
    );
    expect(finding).toMatchObject({ status: 'ok', found: 'none' });
  });

  test('warns if the cloud does not answer', async () => {
    const silent = having(() => Promise.reject(new CloudError('no route')));
    expect(await nameFinding(silent, 'aws-s01', false)).toMatchObject({
      status: 'warn',
      found: 'could not be asked: no route',
    });
  });
});

describe('an error of a cloud', () => {
  test.each([
    [
      awsError(
        Object.assign(new Error('Could not load credentials from any providers'), {
          name: 'CredentialsProviderError',
        }),
      ),
      /aws configure/,
    ],
    [
      awsError(Object.assign(new Error('none'), { name: 'CredentialsProviderError' }), {
        AWS_PROFILE: 'nobody',
      }),
      /AWS_PROFILE=nobody \(none\): run `aws configure --profile nobody`/,
    ],
    [
      awsError(Object.assign(new Error('expired'), { name: 'ExpiredTokenException' })),
      /aws sso login/,
    ],
    [
      awsError(Object.assign(new Error('not authorized'), { name: 'UnauthorizedOperation' })),
      /read access/,
    ],
    [awsError(new Error('getaddrinfo ENOTFOUND')), /did not answer: getaddrinfo/],
    [
      gcpError(new Error('Could not load the default credentials')),
      /gcloud auth application-default login/,
    ],
    [gcpError(Object.assign(new Error('forbidden'), { status: 403 })), /Compute Viewer/],
    [gcpError(new Error('socket hang up')), /did not answer: socket hang up/],
  ])('has a cure: %s', (error, sentence) => {
    expect(error).toBeInstanceOf(CloudError);
    expect(error.message).toMatch(sentence);
  });
});
