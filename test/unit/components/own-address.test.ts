import { parseConfig } from '../../../components/config';
import { askOwnAddress, withOwnAddress } from '../../../components/config/public-ip';
import { valid } from '../../support/aws-graph';

describe('adminCidrs: auto', () => {
  const config = parseConfig({
    ...valid,
    adminCidrs: 'auto,198.51.100.7/32',
    nodePortCidrs: 'auto',
  });
  test('is replaced by the host’s public address', async () => {
    const known = await withOwnAddress(config, async () => '198.51.100.7');
    expect([known.adminCidrs, known.nodePortCidrs]).toEqual([
      ['198.51.100.7/32'],
      ['198.51.100.7/32'],
    ]);
  });
  test('sends no request if the config has no auto', async () => {
    const plain = parseConfig(valid);
    expect(await withOwnAddress(plain, () => Promise.reject(new Error('asked')))).toBe(plain);
  });
  test('reports one clear error if the service does not answer', async () => {
    await expect(askOwnAddress('http://127.0.0.1:9')).rejects.toThrow(
      /^adminCidrs is auto, but http:\/\/127.0.0.1:9 did not report .*: set adminCidrs to/,
    );
  });
});
