import * as pulumi from '@pulumi/pulumi';
import { CloudError } from './components/cloud';
import { loadCloud } from './components/load-cloud';
import { ConfigError, parseConfig, type RawConfig } from './components/config';
import { Lab } from './components/lab';
import { labNameMistake } from './util/lab-name';
import { remarksOn, withOwnAddress } from './components/config/public-ip';
import { seeded } from './components/config/stack-defaults';

/** Returns this stack's config without the prefix `hardway-lab:` of the keys. */
function rawConfig(): RawConfig {
  const prefix = `${pulumi.getProject()}:`;
  const own = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]));
}

async function outputs(): Promise<Lab['outputs']> {
  try {
    const mistake = labNameMistake(pulumi.getStack());
    if (mistake) throw new pulumi.RunError(mistake);
    const config = parseConfig(seeded(rawConfig(), pulumi.getStack(), pulumi.getProject()));
    // Fails without credentials, before the program asks a service for the public address.
    loadCloud(config);
    const known = await withOwnAddress(config);
    for (const { severity, text } of remarksOn(known)) await pulumi.log[severity](text);
    return new Lab(pulumi.getStack(), known).outputs;
  } catch (error) {
    // The user's own mistake: printed without a stack trace.
    if (error instanceof ConfigError || error instanceof CloudError)
      throw new pulumi.RunError(error.message);
    throw error;
  }
}

export = outputs;
