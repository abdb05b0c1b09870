import * as pulumi from '@pulumi/pulumi';
import { CloudError, loadCloud } from './components/cloud';
import { ConfigError, parseConfig, type RawConfig } from './components/config';
import { Lab } from './components/lab';
import { withOwnAddress } from './components/config/public-ip';
import { seeded } from './components/config/stack-defaults';

/** This stack's keys of `hardway-lab:…`, without the project's name before them. */
function rawConfig(): RawConfig {
  const prefix = `${pulumi.getProject()}:`;
  const own = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]));
}

async function outputs(): Promise<Lab['outputs']> {
  try {
    const config = parseConfig(seeded(rawConfig(), pulumi.getStack(), pulumi.getProject()));
    // Without credentials nobody is asked for an address, either.
    loadCloud(config);
    return new Lab(pulumi.getStack(), await withOwnAddress(config)).outputs;
  } catch (error) {
    // Told as it is, without a stack trace: it is the user's to mend.
    if (error instanceof ConfigError || error instanceof CloudError)
      throw new pulumi.RunError(error.message);
    throw error;
  }
}

export = outputs;
