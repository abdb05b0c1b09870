import { github } from './github';
import type { UpstreamProject } from '../program';

export const containerd = (version: string): UpstreamProject => ({
  name: 'containerd',
  version,
  use: ['node'],
  programs: ['containerd', 'containerd-shim-runc-v2', 'ctr'],
  releases: [
    {
      url: (arch) =>
        `${github('containerd/containerd', `v${version}`)}/containerd-${version}-linux-${arch}.tar.gz`,
      digest: {
        pinned: {
          amd64: '9d68969855fbf676cdb8ed758e420fb048d61f984f61de3e53eddfebe484d168',
          arm64: 'a985fbb7e18fc0362d31a055338f5d7b0e087a3e27f14c70d1c5965399a29f95',
        },
      },
      megabytes: 43,
      holds: () => ({
        containerd: 'bin/containerd',
        'containerd-shim-runc-v2': 'bin/containerd-shim-runc-v2',
        ctr: 'bin/ctr',
      }),
    },
  ],
  builds: [
    {
      name: 'containerd',
      packages: Object.fromEntries(
        ['containerd', 'containerd-shim-runc-v2', 'ctr'].map((program) => [
          program,
          `github.com/containerd/containerd/v2/cmd/${program}`,
        ]),
      ),
      ldflags: `-s -w -X github.com/containerd/containerd/v2/version.Version=v${version}`,
      seconds: 33,
      compiles: 656,
    },
  ],
});

export const runc = (version: string): UpstreamProject => ({
  name: 'runc',
  version,
  use: ['node'],
  programs: ['runc'],
  releases: [
    {
      url: (arch) => `${github('opencontainers/runc', `v${version}`)}/runc.${arch}`,
      digest: {
        pinned: {
          amd64: 'f6ae8efc0fa40079e1475e97cbe9d1bd3f106a28d6af78a11d9f1bd565515e60',
          arm64: '633301e2e32f8a5ad54031aab4901eb00308bec677dd15faa2751e8f9dab5ca4',
        },
      },
      megabytes: 12,
      holds: 'runc',
    },
  ],
  builds: [
    {
      name: 'runc',
      packages: { runc: 'github.com/opencontainers/runc' },
      // Statically linked, because the host's libc may be newer than the nodes'.
      ldflags: '-s -w -extldflags "-static"',
      tags: ['seccomp', 'netgo', 'osusergo'],
      cgo: { debianPackages: ['gcc', 'libc6-dev', 'libseccomp-dev', 'pkg-config'] },
      seconds: 8,
      compiles: 99,
    },
  ],
});

const CNI_PACKAGES = 'github.com/containernetworking/plugins/plugins';

export const cniPlugins = (version: string): UpstreamProject => ({
  name: 'cni-plugins',
  version,
  use: ['node'],
  programs: ['bridge', 'loopback', 'host-local', 'portmap'],
  releases: [
    {
      url: (arch) =>
        `${github('containernetworking/plugins', `v${version}`)}/cni-plugins-linux-${arch}-v${version}.tgz`,
      digest: {
        pinned: {
          amd64: 'b98f74a0f8522f0a83867178729c1aa70f2158f90c45a2ca8fa791db1c76b303',
          arm64: '56171987d3947707c3563db2f4001bccaf50fd63468611b9f3cbecb1375ee7ec',
        },
      },
      megabytes: 35,
      // Upstream packs the directory itself (scripts/release.sh: `tar -C bin … .`), hence `./`.
      holds: () => ({
        bridge: './bridge',
        loopback: './loopback',
        'host-local': './host-local',
        portmap: './portmap',
      }),
    },
  ],
  builds: [
    {
      name: 'cni-plugins',
      packages: {
        bridge: `${CNI_PACKAGES}/main/bridge`,
        loopback: `${CNI_PACKAGES}/main/loopback`,
        'host-local': `${CNI_PACKAGES}/ipam/host-local`,
        portmap: `${CNI_PACKAGES}/meta/portmap`,
      },
      ldflags: `-s -w -X github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion=v${version}`,
      seconds: 2,
      compiles: 30,
    },
  ],
});

export const crictl = (version: string): UpstreamProject => ({
  name: 'crictl',
  version,
  use: ['node'],
  programs: ['crictl'],
  releases: [
    {
      url: (arch) =>
        `${github('kubernetes-sigs/cri-tools', `v${version}`)}/crictl-v${version}-linux-${arch}.tar.gz`,
      digest: {
        pinned: {
          amd64: '83855e114566a8a8c44c548d515670f51de3a5e1da8b2effb59870e2f10c25a3',
          arm64: '68328594ccf780a80ae2b092d9f6ce484eec7cf540c275242e8fd954bfd95332',
        },
      },
      megabytes: 16,
      holds: () => ({ crictl: 'crictl' }),
    },
  ],
  builds: [
    {
      name: 'crictl',
      packages: { crictl: 'sigs.k8s.io/cri-tools/cmd/crictl' },
      ldflags: `-s -w -X sigs.k8s.io/cri-tools/pkg/version.Version=v${version}`,
      seconds: 21,
      compiles: 288,
    },
  ],
});
