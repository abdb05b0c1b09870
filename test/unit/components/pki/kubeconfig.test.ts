import { parse } from 'yaml';
import { kubeconfig } from '../../../../components/pki/kubeconfig';

const args = {
  cluster: 'hardway',
  server: 'https://kubernetes.hardway.internal:6443',
  certificateAuthority: '-----BEGIN CERTIFICATE-----\nca\n-----END CERTIFICATE-----\n',
  user: 'system:node:worker-0',
  certificate: 'certificate',
  privateKey: 'key',
};

const decode = (text: string): string => Buffer.from(text, 'base64').toString();

test('the current context joins its cluster and its user', () => {
  const config = parse(kubeconfig(args));
  const context = config.contexts.find(
    ({ name }: { name: string }) => name === config['current-context'],
  ).context;
  expect(config.clusters.map(({ name }: { name: string }) => name)).toEqual([context.cluster]);
  expect(config.users.map(({ name }: { name: string }) => name)).toEqual([context.user]);
  expect(context.user).toBe('system:node:worker-0');
});

test('holds the server and all key material, in base64 and in whole lines', () => {
  const text = kubeconfig({ ...args, privateKey: 'k'.repeat(4000) });
  const config = parse(text);
  expect(config).toMatchObject({ apiVersion: 'v1', kind: 'Config' });
  expect(config.clusters[0].cluster.server).toBe(args.server);
  expect(decode(config.clusters[0].cluster['certificate-authority-data'])).toBe(
    args.certificateAuthority,
  );
  expect(decode(config.users[0].user['client-certificate-data'])).toBe('certificate');
  expect(decode(config.users[0].user['client-key-data'])).toBe('k'.repeat(4000));
  expect(text).toContain(`client-key-data: ${Buffer.from('k'.repeat(4000)).toString('base64')}\n`);
});

test('one identity always gives one text', () => {
  expect(kubeconfig(args)).toBe(kubeconfig({ ...args }));
});
