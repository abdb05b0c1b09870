import type { OrphanQuery } from '../../../../cli/account/account';
import { gcpAccount } from '../../../../cli/account/gcp';
import type { PendingCreate } from '../../../../cli/engine/snapshot';
import { config, lab, ownProject, PROJECT, project, STATE } from '../../../support/gcp-project';

const account = ownProject();

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
    account.server.having = { ...project(), ...lab('gcp-s01') };
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
    expect(account.server.deleted.at(-1)).toBe('gcp-s01');
    expect(await gcpAccount(config()).remains('gcp-s01')).toEqual([]);
  }, 60_000);

  test('include a member of the controllers’ group that an interrupted create left', async () => {
    const group = 'zones/us-west1-c/instanceGroups/gcp-s01-controllers-c';
    const url = (node: string): string =>
      `https://www.googleapis.com/compute/v1/${path(`zones/us-west1-c/instances/gcp-s01-${node}`)}`;
    const members = [url('controller-0'), url('controller-1')];
    account.server.having = { ...account.server.having, members: { [group]: members } };
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
    expect(account.server.having.members[group]).toEqual([url('controller-1')]);
  }, 60_000);

  test('name the command that deletes them by hand', async () => {
    const [orphan] = await gcpAccount(config()).orphans(query({}));
    expect(orphan.byHand).toBe(
      'gcloud compute forwarding-rules delete gcp-s01-api --region us-west1 --project my-project',
    );
  });
});
