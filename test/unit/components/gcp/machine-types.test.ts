import { ConfigError, parseConfig, seriesOf } from '../../../../components/config';
import { gcpLab, LEAST, type GcpGraph } from '../../../support/gcp-graph';

/** Image, disk type and shielding of every instance, by name. */
const bootsFrom = ({ graph }: GcpGraph): Record<string, unknown[]> =>
  Object.fromEntries(
    graph.every('Instance').map(({ name, inputs }) => {
      const { image, type } = inputs.bootDisk.initializeParams;
      return [name, [image, type, inputs.shieldedInstanceConfig !== undefined]];
    }),
  );

test('gives workers on Arm their image and disk beside controllers on x86', async () => {
  const lab = await gcpLab({ workers: '1', workerType: 'c4a-standard-1', stage: 'none' });
  expect(bootsFrom(lab)).toEqual({
    'controller-0': ['https://compute/ubuntu-2404-lts-amd64-v1', 'pd-balanced', true],
    'controller-1': ['https://compute/ubuntu-2404-lts-amd64-v1', 'pd-balanced', true],
    'controller-2': ['https://compute/ubuntu-2404-lts-amd64-v1', 'pd-balanced', true],
    'worker-0': ['https://compute/ubuntu-2404-lts-arm64-v1', 'hyperdisk-balanced', false],
  });
});

test.each([
  ['e2-small', 'amd64', 'pd-balanced'],
  ['n2-custom-2-4096', 'amd64', 'pd-balanced'],
  ['c3-standard-4', 'amd64', 'pd-balanced'],
  ['n4-standard-2', 'amd64', 'hyperdisk-balanced'],
  ['c4d-standard-2', 'amd64', 'hyperdisk-balanced'],
  ['t2a-standard-1', 'arm64', 'pd-balanced'],
  ['n4a-standard-1', 'arm64', 'hyperdisk-balanced'],
])('boots %s from an %s image on %s', (type, architecture, bootDisk) => {
  expect(seriesOf(type)).toEqual({ architecture, bootDisk });
});

test('refuses a machine type of a series that it does not know', () => {
  const parse = (): unknown =>
    parseConfig({ ...LEAST, controllerType: 'z9-standard-2', workerType: 'e2-small' });
  expect(parse).toThrow(ConfigError);
  expect(parse).toThrow(/^ {2}- controllerType is z9-standard-2: its image and disk type are not/m);
  expect(parse).not.toThrow(/workerType/);
});

test('leaves machine types of other clouds alone', () => {
  const config = { cloud: 'aws', adminCidrs: '["198.51.100.7/32"]', workerType: 'm7g.large' };
  expect(parseConfig(config).workerType).toBe('m7g.large');
});
