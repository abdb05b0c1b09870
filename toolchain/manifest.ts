import type { UpstreamProject } from './program';
import { cniPlugins, containerd, crictl, runc } from './projects/containers';
import { coredns } from './projects/coredns';
import { etcd } from './projects/etcd';
import { kubectl, kubernetes } from './projects/kubernetes';
import { commandPlugin, pulumi } from './projects/pulumi';

export {
  ARCHITECTURES,
  type Architecture,
  type Build,
  type UpstreamProject,
  type Release,
} from './program';

export { commandPlugin };

const allOfKubernetes = kubernetes('1.36.3');

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
  allOfKubernetes,
  pulumi('3.259.0'),
  coredns('1.14.6'),
  containerd('2.3.4'),
  etcd('3.6.8'),
  crictl('1.36.0'),
  runc('1.4.3'),
  cniPlugins('1.9.1'),
];

/** Programs that a lab in a cloud needs on the host; its nodes download theirs. */
export const hostProjects: UpstreamProject[] = [
  ...upstreamProjects.filter(({ name }) => name === 'pulumi'),
  kubectl(allOfKubernetes),
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
