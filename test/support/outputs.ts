import { kubeconfig } from '../../components/pki/kubeconfig';
import { parseConfig, type RawConfig } from '../../components/config';
import { describeConfig, type LabOutputs, readOutputs } from '../../components/outputs';
import { topology } from '../../components/topology';

/** Secrets that may appear only in a lab's files. */
export const SECRETS = { sshKey: 'SECRET-ssh-key', clientKey: 'SECRET-client-key' };

/** Returns outputs for a config with invented keys, without a lab. */
export function labOutputs(lab: string, raw: RawConfig = {}): LabOutputs {
  const config = parseConfig({
    ...(raw.cloud && raw.cloud !== 'local' ? { adminCidrs: '198.51.100.0/24' } : {}),
    ...raw,
  });
  const first = config.cloud === 'local' ? '198.18.0' : '203.0.113';
  const nodes = topology(config).nodes.map(({ name, privateIp, isPublic, index, role }) => ({
    name,
    privateIp,
    publicIp: isPublic ? `${first}.${index + (role === 'worker' ? 20 : 10)}` : '',
  }));
  const reached =
    nodes.find(({ name, publicIp }) => name === 'worker-0' && publicIp)?.publicIp ??
    nodes[0].publicIp;
  const server = `https://${first}.100:${config.apiPort}`;
  return readOutputs({
    lab,
    config: describeConfig(config),
    nodes,
    apiServer: server,
    nodePortUrl: `http://${reached}:31088`,
    knownHosts: nodes
      .map((node) => `${node.publicIp || node.privateIp} ssh-ed25519 AAAA${node.name}\n`)
      .join(''),
    kubeconfig:
      config.stage === 'none'
        ? ''
        : kubeconfig({
            cluster: lab,
            server,
            certificateAuthority: 'CA',
            user: 'admin',
            certificate: 'CERTIFICATE',
            privateKey: SECRETS.clientKey,
          }),
    sshPrivateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${SECRETS.sshKey}\n-----END OPENSSH PRIVATE KEY-----\n`,
    expires: '',
    bootstrapped: '',
  });
}
