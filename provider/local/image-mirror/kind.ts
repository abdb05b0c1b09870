import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../../util/repo-root';
import type { Failure, ResourceKind } from '../../protocol/resource-kind';
import { stopDaemon } from '../shared/daemon';
import { routerSnapshot } from '../router/router-snapshot';
import { labDirectory, routerOf } from '../shared/names';
import { deleteRule, ruleDrift, writeRule, type ResourceRule } from '../router/rules';
import { answers, serviceDrift, startService } from '../shared/service';
import { driftDifference, type Drifting } from '../shared/drift';

export interface ImageMirrorInputs {
  lab: string;
  /** Generation of the network that the resource belongs to. */
  network: string;
  /** Private address of the router. */
  address: string;
  port: number;
  /** Directory of the lab's images. */
  images: string;
}

interface ImageMirrorState extends ImageMirrorInputs, Drifting {
  /** Digest of the mirror's rule in the kernel. */
  installed: string;
}

const ruleOf = (lab: string): ResourceRule => ({ lab, chain: 'router', name: 'image-mirror' });
const mirrorFile = (lab: string, file: string): string =>
  path.join(labDirectory(lab), 'mirror', file);

async function start(inputs: ImageMirrorInputs): Promise<ImageMirrorState> {
  const installed = await writeRule(
    ruleOf(inputs.lab),
    `iifname "vpc" ip daddr ${inputs.address} tcp dport ${inputs.port}`,
  );
  await startService({
    lab: inputs.lab,
    name: 'the image mirror',
    file: mirrorFile(inputs.lab, 'process.json'),
    log: mirrorFile(inputs.lab, 'log'),
    program: 'ip',
    args: [
      'netns',
      'exec',
      routerOf(inputs.lab),
      process.execPath,
      path.join(root, 'bin/run.cjs'),
      'provider/local/image-mirror/main.ts',
      '--listen',
      `${inputs.address}:${inputs.port}`,
      '--images',
      inputs.images,
    ],
    listens: () => answers(inputs.lab, inputs.address, inputs.port),
  });
  return { ...inputs, installed, trouble: '' };
}

/** Registry in the VPC that nodes pull images from, because they have no access to the internet. */
export const imageMirrorKind: ResourceKind<ImageMirrorInputs, ImageMirrorState> = {
  async check(news) {
    const failures: Failure[] = [];
    if (news.images && !fs.existsSync(news.images))
      failures.push({
        property: 'images',
        reason: `${news.images} does not exist: run ./lab start, which creates it`,
      });
    return { inputs: news, failures };
  },
  async diff(olds, news, unknown) {
    return driftDifference(olds, news, unknown, () => true);
  },
  async create(inputs) {
    return { id: `${inputs.lab}/image-mirror`, state: await start(inputs) };
  },
  async read(_id, state) {
    const router = await routerSnapshot(state.lab);
    if (!router) return { ...state, trouble: 'the router is missing' };
    const service = serviceDrift(
      mirrorFile(state.lab, 'process.json'),
      router,
      state.address,
      state.port,
    );
    return {
      ...state,
      trouble: [service, await ruleDrift(ruleOf(state.lab), state.installed)]
        .filter(Boolean)
        .join('; '),
    };
  },
  async update(_id, _olds, news) {
    return start(news);
  },
  async delete(_id, state) {
    await stopDaemon(mirrorFile(state.lab, 'process.json'));
    await deleteRule(ruleOf(state.lab));
    fs.rmSync(mirrorFile(state.lab, ''), { recursive: true, force: true });
  },
};
