import type { Architecture, UpstreamProject } from './program';

export {
  ARCHITECTURES,
  type Architecture,
  type Build,
  type UpstreamProject,
  type Release,
} from './program';

/** Returns `HOST/OWNER/NAME/releases/download/TAG`, the address of a release's files on GitHub. */
const github = (project: string, tag: string): string =>
  `https://github.com/${project}/releases/download/${tag}`;

const pulumi = (version: string): UpstreamProject => ({
  name: 'pulumi',
  version,
  use: ['machine'],
  programs: ['pulumi', 'pulumi-language-nodejs'],
  releases: [
    {
      url: (arch) =>
        `${github('pulumi/pulumi', `v${version}`)}/pulumi-v${version}-linux-${arch === 'amd64' ? 'x64' : arch}.tar.gz`,
      digest: {
        published: () =>
          `${github('pulumi/pulumi', `v${version}`)}/pulumi-${version}-checksums.txt`,
      },
      holds: () => ({
        pulumi: 'pulumi/pulumi',
        'pulumi-language-nodejs': 'pulumi/pulumi-language-nodejs',
      }),
    },
  ],
  builds: [
    {
      name: 'pulumi',
      packages: { pulumi: 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi' },
      ldflags: `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${version}`,
      seconds: 330,
      compiles: 1576,
    },
    {
      // Latest version with a module in the Go proxy. It works with newer engines and SDKs.
      name: 'pulumi-language-nodejs',
      packages: {
        'pulumi-language-nodejs':
          'github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs',
      },
      ldflags: '-s -w',
      seconds: 60,
      compiles: 277,
    },
  ],
});

const KUBERNETES = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'kubectl',
];

/** Pinned digests of those Kubernetes programs that have one. */
const KUBERNETES_DIGESTS: Record<string, Record<Architecture, string>> = {
  kubelet: {
    amd64: '46707a53209f826ad0f0d62371ac69cd00e78fd9a8176cf5f6f87f18f7f8b718',
    arm64: '57205a5daf5883873d87b4914e1e00bdd7707acd075714788cfb0fc1f60bc414',
  },
  kubectl: {
    amd64: 'ebbd080e7c2e275093b55915722043257eb24004363e20acb3c4d71919f88336',
    arm64: '3d86f24401c41ae5a46ac50eef8865fe891d3647d324a0836f6c63757a126e62',
  },
};

const kubernetes = (version: string): UpstreamProject => ({
  name: 'kubernetes',
  version,
  use: ['node', 'machine'],
  programs: KUBERNETES,
  releases: KUBERNETES.map((program) => {
    const url = (arch: Architecture): string =>
      `https://dl.k8s.io/release/v${version}/bin/linux/${arch}/${program}`;
    const pinned = KUBERNETES_DIGESTS[program];
    return {
      url,
      digest: pinned ? { pinned } : { published: (arch) => `${url(arch)}.sha256` },
      holds: program,
    };
  }),
  builds: [
    {
      name: 'kubernetes',
      packages: Object.fromEntries(
        KUBERNETES.map((program) => [program, `k8s.io/kubernetes/cmd/${program}`]),
      ),
      ldflags: `-s -w -X k8s.io/component-base/version.gitVersion=v${version} -X k8s.io/client-go/pkg/version.gitVersion=v${version}`,
      seconds: 600,
      compiles: 2650,
    },
  ],
});

const etcd = (version: string): UpstreamProject => ({
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
      holds: (arch) => ({ etcd: `etcd-v${version}-linux-${arch}/etcd` }),
    },
  ],
  builds: [
    {
      name: 'etcd',
      packages: { etcd: 'go.etcd.io/etcd/server/v3' },
      ldflags: '-s -w',
      seconds: 40,
      compiles: 323,
    },
  ],
});

const containerd = (version: string): UpstreamProject => ({
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
      seconds: 75,
      compiles: 656,
    },
  ],
});

const runc = (version: string): UpstreamProject => ({
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
      seconds: 20,
      compiles: 99,
    },
  ],
});

const CNI_PACKAGES = 'github.com/containernetworking/plugins/plugins';

const cniPlugins = (version: string): UpstreamProject => ({
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
      seconds: 10,
      compiles: 2,
    },
  ],
});

const crictl = (version: string): UpstreamProject => ({
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
      holds: () => ({ crictl: 'crictl' }),
    },
  ],
  builds: [
    {
      name: 'crictl',
      packages: { crictl: 'sigs.k8s.io/cri-tools/cmd/crictl' },
      ldflags: `-s -w -X sigs.k8s.io/cri-tools/pkg/version.Version=v${version}`,
      seconds: 40,
      compiles: 288,
    },
  ],
});

/**
 * CoreDNS. Its image must exist as registry.k8s.io/coredns/coredns:vVERSION. Not every release is
 * promoted there: 1.14.4 and 1.14.6 are, 1.14.5 is not (kubernetes/k8s.io pull request 9712).
 * Before a version bump, look for the version in
 * registry.k8s.io/images/k8s-staging-coredns/images.yaml of that repository. A local build has only
 * the plugins of modules/coredns/main.go.
 */
const coredns = (version: string): UpstreamProject => {
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
        holds: () => ({ coredns: 'coredns' }),
      },
    ],
    builds: [
      {
        name: 'coredns',
        packages: { coredns: 'hardway.lab/toolchain/coredns' },
        ldflags: '-s -w',
        seconds: 160,
        compiles: 525,
      },
    ],
  };
};

/**
 * Pulumi's own provider of @pulumi/command. It is only downloaded, never built: the Go proxy does
 * not have its source.
 */
const COMMAND_PLUGIN_VERSION = '1.2.1';
export const commandPlugin: UpstreamProject = {
  name: 'pulumi-resource-command',
  version: COMMAND_PLUGIN_VERSION,
  use: ['machine'],
  programs: ['pulumi-resource-command'],
  releases: [
    {
      url: (arch) =>
        `${github('pulumi/pulumi-command', `v${COMMAND_PLUGIN_VERSION}`)}/pulumi-resource-command-v${COMMAND_PLUGIN_VERSION}-linux-${arch}.tar.gz`,
      digest: {
        published: () =>
          `${github('pulumi/pulumi-command', `v${COMMAND_PLUGIN_VERSION}`)}/pulumi-command_${COMMAND_PLUGIN_VERSION}_checksums.txt`,
      },
      holds: () => ({ 'pulumi-resource-command': 'pulumi-resource-command' }),
    },
  ],
  builds: [],
};

/**
 * Every program that a lab needs, in one version. The longest builds come first.
 *
 * Sources of the names of official files, read in November 2026. No file was downloaded.
 *
 * | project | source |
 * |---|---|
 * | kubernetes | public scripts have kubectl's URL and digest; the other programs have its form |
 * | cni-plugins, crictl | public scripts have the URL and the amd64 digest |
 * | containerd, runc | public scripts have the URL; a public list has both digests |
 * | etcd, coredns, pulumi | public scripts have the file name and version |
 * | command plugin | .goreleaser.yml of pulumi/pulumi-command forms archive and checksum names |
 */
export const upstreamProjects: UpstreamProject[] = [
  kubernetes('1.36.3'),
  pulumi('3.259.0'),
  coredns('1.14.6'),
  containerd('2.3.4'),
  etcd('3.6.8'),
  crictl('1.36.0'),
  runc('1.4.3'),
  cniPlugins('1.9.1'),
];

/** Only kubectl. A host without local labs needs no other program of Kubernetes. */
const kubectl = ((all: UpstreamProject): UpstreamProject => ({
  ...all,
  name: 'kubectl',
  use: ['machine'],
  programs: ['kubectl'],
  releases: all.releases.filter(({ holds }) => holds === 'kubectl'),
  builds: all.builds.map((build) => ({
    ...build,
    packages: { kubectl: build.packages.kubectl },
    seconds: 150,
    compiles: 900,
  })),
}))(upstreamProjects[0]);

/** Programs that a lab in a cloud needs on the host; its nodes download theirs. */
export const hostProjects: UpstreamProject[] = [
  ...upstreamProjects.filter(({ name }) => name === 'pulumi'),
  kubectl,
];

/** An image that nodes of a cloud lab pull from a public registry. */
export interface NodeImage {
  /** Name with its registry, as containerd resolves it. */
  name: string;
  tag: string;
  /** Upstream file that lists this name and tag. */
  source: string;
}

/**
 * Images that nodes pull. Before a version bump, look for the new tag in `source`, because a
 * program's release does not imply an image. Local labs build images under the same names, so no
 * local test notices a missing tag.
 */
export const nodeImages: NodeImage[] = [
  {
    name: 'registry.k8s.io/pause',
    tag: '3.10',
    // Promoted with digest sha256:ee6521f2…, beside 3.10.1. The pod's first process only waits, so
    // any promoted tag works.
    source: 'kubernetes/k8s.io: registry.k8s.io/images/k8s-staging-kubernetes/images.yaml, pause',
  },
  {
    name: 'registry.k8s.io/coredns/coredns',
    tag: `v${upstreamProject('coredns').version}`,
    // Version 1.14.6 was promoted by pull request 9712, merged on 2026-07-16. Public clusters run it.
    source: 'kubernetes/k8s.io: registry.k8s.io/images/k8s-staging-coredns/images.yaml',
  },
  // The article's own pods. Official images of Docker Hub have the tag latest.
  {
    name: 'docker.io/library/nginx',
    tag: 'latest',
    // The tag of 1.31.6 in September 2026.
    source: 'hub.docker.com/v2/repositories/library/nginx: supported tags',
  },
  {
    name: 'docker.io/library/busybox',
    tag: 'latest',
    // The tag of 1.38.0 in 2026.
    source: 'docker-library/docs: busybox/README.md, supported tags',
  },
];

/** Returns the project of that name. Throws an Error if there is none. */
export function upstreamProject(name: string): UpstreamProject {
  const found = [...upstreamProjects, commandPlugin].find((one) => one.name === name);
  if (!found) throw new Error(`the toolchain has no project "${name}"`);
  return found;
}
