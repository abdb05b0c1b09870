import { stringify } from 'yaml';

/** What a kubeconfig says: which API server, trusted why, and who asks. All PEM. */
export interface KubeconfigArgs {
  /** What kubectl's listings call the cluster. */
  cluster: string;
  /** `https://HOST:PORT`. */
  server: string;
  certificateAuthority: string;
  user: string;
  certificate: string;
  privateKey: string;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A kubeconfig with one cluster, one user and one context, all it needs inside. */
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
