import { github } from './github';
import type { UpstreamProject } from '../program';

export const etcd = (version: string): UpstreamProject => ({
  name: 'etcd',
  version,
  use: ['node'],
  programs: ['etcd'],
  releases: [
    {
      url: (arch) =>
        `${github('etcd-io/etcd', `v${version}`)}/etcd-v${version}-linux-${arch}.tar.gz`,
      digest: {
        pinned: {
          amd64: 'cf9cfe91a4856cb90eed9c99e6aee4b708db2c7888b88a6f116281f04b0ea693',
          arm64: '438f56a700d17ce761510a3e63e6fa5c1d587b2dd4d7a22c179c09a649366760',
        },
      },
      megabytes: 20,
      holds: (arch) => ({ etcd: `etcd-v${version}-linux-${arch}/etcd` }),
    },
  ],
  builds: [
    {
      name: 'etcd',
      packages: { etcd: 'go.etcd.io/etcd/server/v3' },
      ldflags: '-s -w',
      seconds: 18,
      compiles: 323,
    },
  ],
});
