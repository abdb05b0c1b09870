import { typed } from '../../../support/typed';
import { lab, ownProject, project } from '../../../support/gcp-project';

const account = ownProject();

describe('./lab doctor --cloud gcp', () => {
  test('finds nothing to do if all quotas suffice, and prints the price', async () => {
    const { code, printed } = await typed('doctor --cloud gcp');
    expect(printed).toMatch(/^ok {4}Credentials .* project my-project in us-west1-c$/m);
    expect(printed).toMatch(/^ok {4}Price .* about \$0\.\d\d an hour/m);
    expect([code, printed.split('\n').pop()]).toEqual([0, 'The account at GCP can run a lab.']);
  });

  test('names profile small to a new account with quotas too small for a whole lab', async () => {
    account.server.having = project({ CPUS: [8, 0], IN_USE_ADDRESSES: [4, 0] });
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
    account.server.having = { ...project(), ...lab('gcp-s01') };
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
