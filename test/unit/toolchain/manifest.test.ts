import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../../util/repo-root';
import { programsForDownload } from '../../../toolchain';
import { buildArguments, moduleDirectory, requiredGo, withoutGo } from '../../../toolchain/go';
import { fittingKubectl, fittingPulumi } from '../../../toolchain/installed';
import { manifest as podManifest } from '../../../checks/probes/pod-manifest';
import {
  ARCHITECTURES,
  commandPlugin,
  component,
  components,
  nodeImages,
} from '../../../toolchain/manifest';

const all = [...components, commandPlugin];

describe.each(all.map((one) => [one.name, one] as const))('%s', (_, one) => {
  test.each(ARCHITECTURES)(
    'its official files for %s hold each of its programs once',
    (architecture) => {
      const held = one.releases.flatMap(({ holds }) =>
        typeof holds === 'string' ? [holds] : Object.keys(holds(architecture)),
      );
      expect(held.sort()).toEqual([...one.programs].sort());
    },
  );

  test.each(ARCHITECTURES)(
    'its official files for %s come over HTTPS, with this version and a digest',
    (architecture) => {
      for (const { url, digest } of one.releases) {
        expect(url(architecture)).toMatch(/^https:\/\//);
        expect(url(architecture)).toContain(one.version);
        if ('pinned' in digest) expect(digest.pinned[architecture]).toMatch(/^[0-9a-f]{64}$/);
        else
          expect(new URL(digest.published(architecture)).host).toBe(
            new URL(url(architecture)).host,
          );
      }
    },
  );
});

test('every component but the command plugin can be built: all of its programs, once', () => {
  expect(commandPlugin.builds).toEqual([]);
  for (const one of components) {
    expect(one.builds.flatMap(({ packages }) => Object.keys(packages)).sort()).toEqual(
      [...one.programs].sort(),
    );
  }
});

describe.each(components.flatMap((one) => one.builds).map((build) => [build.name, build] as const))(
  'module %s',
  (_, build) => {
    const read = (file: string): string =>
      fs.readFileSync(path.join(moduleDirectory(build), file), 'utf8');

    test('its Go file imports what is built', () => {
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

    test('its go.sum has a digest of every module that go.mod requires', () => {
      const sums = read('go.sum');
      const replaced = new Set(
        [...read('go.mod').matchAll(/^replace (\S+) =>/gm)].map((match) => match[1]),
      );
      const required = [...read('go.mod').matchAll(/^(?:require |\t)(\S+) (v\S+)/gm)].map(
        (match) => ({ name: match[1], version: match[2] }),
      );
      expect(required.length).toBeGreaterThan(0);
      for (const { name, version } of required.filter((one) => !replaced.has(one.name)))
        expect(sums).toContain(`${name} ${version}`);
    });

    test('it names a Go version, and programs get the names that the manifest gives them', () => {
      expect(requiredGo(build)).toMatch(/^1\.\d+/);
      const names = Object.entries(build.packages);
      if (names.length > 1)
        for (const [program, one] of names) expect(path.posix.basename(one)).toBe(program);
      expect(buildArguments(build, '/out')).toContain(
        names.length > 1 ? '/out/' : `/out/${names[0][0]}`,
      );
    });
  },
);

test('the versions that are built are those of the official releases', () => {
  const asked = (name: string): string =>
    fs.readFileSync(
      path.join(
        moduleDirectory(components.flatMap((one) => one.builds).find((one) => one.name === name)!),
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
  for (const one of components)
    expect(asked(one.name)).toContain(`${modules[one.name]} v${one.version}`);
});

test('cloud nodes are told of every node program and of no other', () => {
  const told = programsForDownload('arm64').flatMap(({ holds }) =>
    typeof holds === 'string' ? [holds] : Object.keys(holds),
  );
  expect(told.sort()).toEqual(
    components
      .filter((one) => one.use.includes('node'))
      .flatMap((one) => one.programs)
      .sort(),
  );
  expect(told).not.toContain('pulumi');
});

test('where there is no Go, one message names all that needs it, the newest Go asked for, and where to get it', () => {
  const text = withoutGo(components);
  for (const one of components) expect(text).toContain(`${one.name} ${one.version}`);
  expect(text).toMatch(/Go 1\.\d+\.\d+ is asked for[\s\S]*https:\/\/go\.dev\/dl\//);
});

test('a Pulumi fits from 3.208 on, within version 3', () => {
  expect(['3.207.9', '3.208.0', '3.259.1', '4.0.0'].map(fittingPulumi)).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

test('a kubectl fits if it is at most one minor version away', () => {
  expect(['1.34.9', '1.35.0', '1.36.3', '1.37.1', '1.38.0', '2.36.0'].map(fittingKubectl)).toEqual([
    false,
    true,
    true,
    true,
    false,
    false,
  ]);
});

test('the CoreDNS that is built here has every plugin of the Corefile', () => {
  const manifest = fs.readFileSync(
    path.join(root, 'components/bootstrap/steps/coredns/coredns.yaml'),
    'utf8',
  );
  const [, corefile] = /\.:53 \{\n([^]*?)\n {4}\}/.exec(manifest)!;
  const used = corefile
    .split('\n')
    .map((line) => /^ {8}([a-z]+)/.exec(line)?.[1])
    .filter((name) => name !== undefined);
  const module = component('coredns').builds[0];
  const program = fs.readFileSync(path.join(moduleDirectory(module), 'main.go'), 'utf8');
  expect(used).toContain('kubernetes');
  for (const name of [...used, 'forward'])
    expect(program).toContain(`coredns/plugin/${name === 'prometheus' ? 'metrics' : name}"`);
});

test('every image that a node pulls is one of the manifest, with that tag', () => {
  const read = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');
  const pods = podManifest({
    namespace: 'x',
    workers: ['worker-0'],
    sound: ['worker-0'],
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
