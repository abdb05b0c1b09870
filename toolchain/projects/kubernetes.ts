import type { Architecture, UpstreamProject } from '../program';

/** Programs of Kubernetes, with their sizes in megabytes. */
const MEGABYTES = {
  'kube-apiserver': 105,
  'kube-controller-manager': 96,
  'kube-scheduler': 73,
  kubelet: 84,
  'kube-proxy': 71,
  kubectl: 60,
};

const KUBERNETES = Object.keys(MEGABYTES) as (keyof typeof MEGABYTES)[];

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

export const kubernetes = (version: string): UpstreamProject => ({
  name: 'kubernetes',
  version,
  use: ['node', 'host'],
  programs: KUBERNETES,
  releases: KUBERNETES.map((program) => {
    const url = (arch: Architecture): string =>
      `https://dl.k8s.io/release/v${version}/bin/linux/${arch}/${program}`;
    const pinned = KUBERNETES_DIGESTS[program];
    return {
      url,
      digest: pinned ? { pinned } : { published: (arch) => `${url(arch)}.sha256` },
      megabytes: MEGABYTES[program],
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
      seconds: 225,
      compiles: 2743,
    },
  ],
});

/** Returns `all` with kubectl only. A host without local labs needs no other program of Kubernetes. */
export const kubectl = (all: UpstreamProject): UpstreamProject => ({
  ...all,
  name: 'kubectl',
  use: ['host'],
  programs: ['kubectl'],
  releases: all.releases.filter(({ holds }) => holds === 'kubectl'),
  builds: all.builds.map((build) => ({
    ...build,
    packages: { kubectl: build.packages.kubectl },
    seconds: 95,
    compiles: 894,
  })),
});
