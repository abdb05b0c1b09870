import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../../util/repo-root';
import { each } from '../../support/each';
import { buildArguments, moduleDirectory, requiredGo, missingGo } from '../../../toolchain/go';
import { fittingKubectl, fittingPulumi } from '../../../toolchain/installed';
import { manifest as podManifest } from '../../../checks/probes/pod-manifest';
import {
  ARCHITECTURES,
  commandPlugin,
  upstreamProject,
  upstreamProjects,
  hostProjects,
  nodeImages,
} from '../../../toolchain/manifest';

const all = [...upstreamProjects, commandPlugin];

describe.each(all.map((one) => [one.name, one] as const))('%s', (_, one) => {
  test.each(ARCHITECTURES)('official files for %s contain each program once', (architecture) => {
    const held = one.releases.flatMap(({ holds }) =>
      typeof holds === 'string' ? [holds] : Object.keys(holds(architecture)),
    );
    expect(held.sort()).toEqual([...one.programs].sort());
  });

  test.each(ARCHITECTURES)(
    'official files for %s have an HTTPS URL with the version, and a digest',
    (architecture) => {
      each(one.releases, ({ url, digest }) => {
        expect(url(architecture)).toMatch(/^https:\/\//);
        expect(url(architecture)).toContain(one.version);
        if ('pinned' in digest) expect(digest.pinned[architecture]).toMatch(/^[0-9a-f]{64}$/);
        else
          expect(new URL(digest.published(architecture)).host).toBe(
            new URL(url(architecture)).host,
          );
      });
    },
  );
});

test('every project except the command plugin has exactly one build of each program', () => {
  expect(commandPlugin.builds).toEqual([]);
  each(upstreamProjects, (one) => {
    expect(one.builds.flatMap(({ packages }) => Object.keys(packages)).sort()).toEqual(
      [...one.programs].sort(),
    );
  });
});

describe.each(
  upstreamProjects.flatMap((one) => one.builds).map((build) => [build.name, build] as const),
)('module %s', (_, build) => {
  const read = (file: string): string =>
    fs.readFileSync(path.join(moduleDirectory(build), file), 'utf8');

  test('tools.go imports the built packages', () => {
    const packages = Object.values(build.packages);
    const isOwnProgram = packages.some((one) => one.startsWith('hardway.lab/'));
    if (isOwnProgram) {
      expect(packages).toEqual([/^module (\S+)$/m.exec(read('go.mod'))![1]]);
      expect(read('main.go')).toMatch(/^package main$/m);
      return;
    }
    const imported = [...read('tools.go').matchAll(/_ "(.+)"/g)].map((match) => match[1]);
    expect(imported.sort()).toEqual(packages.sort());
  });

  test('go.sum has a digest of every module that go.mod requires', () => {
    const sums = read('go.sum');
    const replaced = new Set(
      [...read('go.mod').matchAll(/^replace (\S+) =>/gm)].map((match) => match[1]),
    );
    const required = [...read('go.mod').matchAll(/^(?:require |\t)(\S+) (v\S+)/gm)].map(
      (match) => ({ name: match[1], version: match[2] }),
    );
    each(
      required.filter((one) => !replaced.has(one.name)),
      ({ name, version }) => expect(sums).toContain(`${name} ${version}`),
    );
  });

  test('go.mod names a Go version, and built programs have the names in the manifest', () => {
    expect(requiredGo(build)).toMatch(/^1\.\d+/);
    const names = Object.entries(build.packages);
    if (names.length > 1)
      for (const [program, one] of names) expect(path.posix.basename(one)).toBe(program);
    expect(buildArguments(build, '/out')).toContain(
      names.length > 1 ? '/out/' : `/out/${names[0][0]}`,
    );
  });
});

test('built versions equal the versions of the official releases', () => {
  const goMod = (name: string): string =>
    fs.readFileSync(
      path.join(
        moduleDirectory(
          upstreamProjects.flatMap((one) => one.builds).find((one) => one.name === name)!,
        ),
        'go.mod',
      ),
      'utf8',
    );
  const modules: Record<string, string> = {
    kubernetes: 'k8s.io/kubernetes',
    pulumi: 'github.com/pulumi/pulumi/pkg/v3',
    coredns: 'github.com/coredns/coredns',
    containerd: 'github.com/containerd/containerd/v2',
    etcd: 'go.etcd.io/etcd/server/v3',
    crictl: 'sigs.k8s.io/cri-tools',
    runc: 'github.com/opencontainers/runc',
    'cni-plugins': 'github.com/containernetworking/plugins',
  };
  each(upstreamProjects, (one) =>
    expect(goMod(one.name)).toContain(`${modules[one.name]} v${one.version}`),
  );
});

test('a host without local labs needs Pulumi and kubectl, and no program of a node', () => {
  expect(hostProjects.map(({ name, programs }) => [name, programs])).toEqual([
    ['pulumi', ['pulumi', 'pulumi-language-nodejs']],
    ['kubectl', ['kubectl']],
  ]);
  expect(hostProjects.flatMap(({ releases }) => releases.map(({ url }) => url('amd64')))).toEqual([
    expect.stringMatching(/\/pulumi-v/),
    expect.stringMatching(/\/kubectl$/),
  ]);
  expect(
    hostProjects.flatMap(({ builds }) => builds.flatMap((one) => Object.keys(one.packages))),
  ).toEqual(['pulumi', 'pulumi-language-nodejs', 'kubectl']);
});

test('missingGo names all projects, the newest required Go and its download page', () => {
  const text = missingGo(upstreamProjects);
  each(upstreamProjects, (one) => expect(text).toContain(`${one.name} ${one.version}`));
  expect(text).toMatch(/Go 1\.\d+\.\d+ is used[\s\S]*https:\/\/go\.dev\/dl\//);
});

test('fittingPulumi accepts version 3 from 3.208 on', () => {
  expect(['3.207.9', '3.208.0', '3.259.1', '4.0.0'].map(fittingPulumi)).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

test('fittingKubectl accepts at most one minor version of difference', () => {
  expect(['1.34.9', '1.35.0', '1.36.3', '1.37.1', '1.38.0', '2.36.0'].map(fittingKubectl)).toEqual([
    false,
    true,
    true,
    true,
    false,
    false,
  ]);
});

test('the built CoreDNS has every plugin of both Corefiles', () => {
  const used = ['Corefile.local', 'Corefile.forward'].flatMap((name) => {
    const file = path.join(root, 'components/bootstrap/steps/coredns', name);
    return [...fs.readFileSync(file, 'utf8').matchAll(/^ {8}([a-z]+)/gm)].map((match) => match[1]);
  });
  const module = upstreamProject('coredns').builds[0];
  const program = fs.readFileSync(path.join(moduleDirectory(module), 'main.go'), 'utf8');
  expect(used).toEqual(expect.arrayContaining(['kubernetes', 'forward', 'template']));
  each(used, (name) =>
    expect(program).toContain(`coredns/plugin/${name === 'prometheus' ? 'metrics' : name}"`),
  );
});

test('every image that a node pulls is one of the manifest, with that tag', () => {
  const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');
  const pods = podManifest({
    namespace: 'x',
    workers: ['worker-0'],
    ready: ['worker-0'],
    nodePortWorker: 'worker-0',
  });
  const pulled = [
    /^ *sandbox = "(.*)"$/m.exec(read('components/bootstrap/steps/containerd/config.toml'))![1],
    /^ *image: (.*)$/m.exec(read('components/bootstrap/steps/coredns/coredns.yaml'))![1],
    // A bare name means Docker Hub's official image, tag latest.
    ...[...JSON.stringify(pods).matchAll(/"image":"([a-z]+)"/g)].map(
      ([, name]) => `docker.io/library/${name}:latest`,
    ),
  ];
  expect(pulled.sort()).toEqual(nodeImages.map(({ name, tag }) => `${name}:${tag}`).sort());
});

/**
 * Releases of CoreDNS that the Kubernetes project copied to its registry: images.yaml of
 * registry.k8s.io/images/k8s-staging-coredns in kubernetes/k8s.io, pull requests 9607 and 9712.
 * 1.14.5 was never copied, because its image had no tag for several architectures.
 */
const PROMOTED = ['1.14.4', '1.14.6'];

test('the image of CoreDNS is one that the Kubernetes registry has', () => {
  const [coredns] = nodeImages.filter(({ name }) => name === 'registry.k8s.io/coredns/coredns');
  expect(PROMOTED.map((version) => `v${version}`)).toContain(coredns.tag);
});
