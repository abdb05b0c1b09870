import { github } from './github';
import type { Architecture, UpstreamProject } from '../program';

/**
 * CoreDNS. Its image must exist as registry.k8s.io/coredns/coredns:vVERSION. Not every release is
 * promoted there: 1.14.4 and 1.14.6 are, 1.14.5 is not (kubernetes/k8s.io pull request 9712).
 * Before a version bump, look for the version in
 * registry.k8s.io/images/k8s-staging-coredns/images.yaml of that repository. A local build has only
 * the plugins of modules/coredns/main.go.
 */
export const coredns = (version: string): UpstreamProject => {
  const url = (arch: Architecture): string =>
    `${github('coredns/coredns', `v${version}`)}/coredns_${version}_linux_${arch}.tgz`;
  return {
    name: 'coredns',
    version,
    use: ['node'],
    programs: ['coredns'],
    releases: [
      {
        url,
        digest: { published: (arch) => `${url(arch)}.sha256` },
        megabytes: 24,
        holds: () => ({ coredns: 'coredns' }),
      },
    ],
    builds: [
      {
        name: 'coredns',
        packages: { coredns: 'hardway.lab/toolchain/coredns' },
        ldflags: '-s -w',
        seconds: 42,
        compiles: 525,
      },
    ],
  };
};
