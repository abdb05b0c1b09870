import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../../util/repo-root';
import type { Failure, ResourceKind } from '../../protocol/resource-kind';
import { stopDaemon } from '../shared/daemon';
import { look } from '../router/router-snapshot';
import { labDirectory, routerOf } from '../shared/names';
import { deleteRule, ruleTrouble, writeRule, type OwnRule } from '../router/rules';
import { answers, serviceTrouble, startService } from '../shared/service';
import { troubledDifference, type Troubled } from '../shared/drift';

export interface ImageMirrorInputs {
  lab: string;
  /** Generation of the network that it is in. */
  network: string;
  /** The router's private address. */
  address: string;
  port: number;
  /** Directory of the images that the lab has. */
  images: string;
}

interface ImageMirrorState extends ImageMirrorInputs, Troubled {
  /** Digest of its rule as the kernel holds it. */
  installed: string;
}

const ruleOf = (lab: string): OwnRule => ({ lab, chain: 'router', name: 'image-mirror' });
const place = (lab: string, file: string): string => path.join(labDirectory(lab), 'mirror', file);

async function start(inputs: ImageMirrorInputs): Promise<ImageMirrorState> {
  const installed = await writeRule(
    ruleOf(inputs.lab),
    `iifname "vpc" ip daddr ${inputs.address} tcp dport ${inputs.port}`,
  );
  await startService({
    lab: inputs.lab,
    name: 'the image mirror',
    file: place(inputs.lab, 'process.json'),
    log: place(inputs.lab, 'log'),
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

/** The registry that the nodes pull from, in the VPC: they have no way out. */
export const imageMirrorKind: ResourceKind<ImageMirrorInputs, ImageMirrorState> = {
  async check(news) {
    const failures: Failure[] = [];
    if (news.images && !fs.existsSync(news.images))
      failures.push({
        property: 'images',
        reason: `${news.images} is not there: run ./lab start, which makes it`,
      });
    return { inputs: news, failures };
  },
  async diff(olds, news, unknown) {
    return troubledDifference(olds, news, unknown, () => true);
  },
  async create(inputs) {
    return { id: `${inputs.lab}/image-mirror`, state: await start(inputs) };
  },
  async read(_id, state) {
    const router = await look(state.lab);
    if (!router) return { ...state, trouble: 'its router is gone' };
    const service = serviceTrouble(
      place(state.lab, 'process.json'),
      router,
      state.address,
      state.port,
    );
    return {
      ...state,
      trouble: [service, await ruleTrouble(ruleOf(state.lab), state.installed)]
        .filter(Boolean)
        .join('; '),
    };
  },
  async update(_id, _olds, news) {
    return start(news);
  },
  async delete(_id, state) {
    await stopDaemon(place(state.lab, 'process.json'));
    await deleteRule(ruleOf(state.lab));
    fs.rmSync(place(state.lab, ''), { recursive: true, force: true });
  },
};
