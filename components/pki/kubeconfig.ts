import { stringify } from 'yaml';

/** Content of a kubeconfig. Certificates and keys are PEM. */
export interface KubeconfigArgs {
  /** Name of the cluster in kubectl's listings. */
  cluster: string;
  /** `https://HOST:PORT`. */
  server: string;
  certificateAuthority: string;
  user: string;
  certificate: string;
  privateKey: string;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Formats a kubeconfig with one cluster, one user and one context, and with the keys inside. */
export function kubeconfig(args: KubeconfigArgs): string {
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: args.cluster,
          cluster: {
            server: args.server,
            'certificate-authority-data': base64(args.certificateAuthority),
          },
        },
      ],
      users: [
        {
          name: args.user,
          user: {
            'client-certificate-data': base64(args.certificate),
            'client-key-data': base64(args.privateKey),
          },
        },
      ],
      contexts: [{ name: args.cluster, context: { cluster: args.cluster, user: args.user } }],
      'current-context': args.cluster,
    },
    { lineWidth: 0 },
  );
}
