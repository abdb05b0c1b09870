import * as pulumi from '@pulumi/pulumi';
import { ConfigError, parseConfig, type RawConfig } from './components/config';
import { Lab } from './components/lab';

/** This stack's keys of `hardway-lab:…`, without the project's name before them. */
function rawConfig(): RawConfig {
  const prefix = `${pulumi.getProject()}:`;
  const own = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]));
}

function makeLab(): Lab {
  try {
    return new Lab(pulumi.getStack(), parseConfig(rawConfig()));
  } catch (error) {
    // Told as it is, without a stack trace: it is the user's to mend.
    if (error instanceof ConfigError) throw new pulumi.RunError(error.message);
    throw error;
  }
}

export = makeLab().outputs;
