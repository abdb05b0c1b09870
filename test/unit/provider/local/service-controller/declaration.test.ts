import { parseConfig, type RawConfig } from '../../../../../components/config';
import { Lab } from '../../../../../components/lab';
import { isSecret, keys, type Registered, registrations } from '../../../../support/mocks';

/** Returns the service controller of a lab with this config; `undefined` if the lab has none. */
async function controllerOf(raw: RawConfig): Promise<Registered | undefined> {
  for (const name of ['TREE', 'STORE', 'IMAGES']) process.env[`HARDWAY_${name}`] = '/nowhere';
  const config = parseConfig(raw);
  const all = await registrations((parent) => new Lab('local', config, { parent }), {
    resource: (type, name) => ({
      ...keys(type, name),
      ...(type.endsWith(':Network')
        ? { publicCidr: '198.18.0.0/24', hostIp: '198.18.0.1', generation: '1' }
        : {}),
    }),
  });
  return all.find(({ type }) => type === 'hardway:local:ServiceController');
}

afterAll(() => {
  for (const name of ['TREE', 'STORE', 'IMAGES']) delete process.env[`HARDWAY_${name}`];
});

describe('the service controller of a lab', () => {
  test('gets the pool, the workers and the CIDRs of NodePorts', async () => {
    const raw = { loadBalancer: 'true', workers: '2', nodePortCidrs: '192.0.2.0/24' };
    expect((await controllerOf(raw))?.inputs).toMatchObject({
      nodes: [
        { name: 'worker-0', privateIp: '10.240.0.20' },
        { name: 'worker-1', privateIp: '10.240.0.21' },
      ],
      sources: ['192.0.2.0/24'],
      nodeCidr: '10.240.0.0/24',
      pool: expect.arrayContaining(['198.18.0.30', '198.18.0.49']),
    });
  });

  test('keeps its kubeconfig secret', async () => {
    const { inputs } = (await controllerOf({ loadBalancer: 'true' }))!;
    expect(isSecret(inputs.kubeconfig)).toBe(true);
    expect(isSecret(inputs.pool)).toBe(false);
  });

  test('does not exist without loadBalancer', async () =>
    expect(await controllerOf({})).toBeUndefined());
});
