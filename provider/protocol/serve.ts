import * as grpc from '@grpc/grpc-js';
import { ResourceProviderService } from '@pulumi/pulumi/proto/provider_grpc_pb';
import { exitWithParent } from './exit-with-parent';
import { Plugin, type PluginParts } from './plugin';

/** Longest gRPC message in bytes. Large states, such as command output, fit. */
const MAXIMUM_MESSAGE = 400 * 1024 * 1024;

/**
 * Serves a plugin's kinds to the engine that started this process, and exits with it. Prints the
 * port, which the engine reads. No other code may write to standard output.
 */
export async function serve(parts: PluginParts): Promise<void> {
  exitWithParent();
  const engineAddress = process.argv.slice(2).find((argument) => !argument.startsWith('-'));
  const plugin = new Plugin(parts, engineAddress);
  const server = new grpc.Server({
    'grpc.max_receive_message_length': MAXIMUM_MESSAGE,
    'grpc.max_send_message_length': MAXIMUM_MESSAGE,
  });
  server.addService(
    ResourceProviderService as unknown as grpc.ServiceDefinition,
    plugin.services(),
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  process.stdout.write(`${port}\n`);
}
