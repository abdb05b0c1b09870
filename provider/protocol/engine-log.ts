import * as grpc from '@grpc/grpc-js';
import { EngineClient } from '@pulumi/pulumi/proto/engine_grpc_pb';
import { LogRequest, LogSeverity } from '@pulumi/pulumi/proto/engine_pb';
import type { Call } from './resource-kind';

const SEVERITY = {
  debug: LogSeverity.DEBUG,
  info: LogSeverity.INFO,
  warning: LogSeverity.WARNING,
  error: LogSeverity.ERROR,
};

/**
 * Writes lines to the engine's display. Without an engine (a debugger started the plugin) they go
 * to standard error.
 */
export class EngineLog {
  private client: EngineClient | undefined;

  constructor(private readonly address: string | undefined) {}

  /**
   * Shows `message` below the resource `urn`. An `ephemeral` message disappears when the resource
   * is done.
   * Errors of delivery are ignored, because they must not fail the operation.
   */
  write(
    severity: Parameters<Call['log']>[0],
    message: string,
    urn: string,
    ephemeral = false,
  ): void {
    if (!this.address) {
      process.stderr.write(`${severity}: ${message}\n`);
      return;
    }
    this.client ??= new EngineClient(this.address, grpc.credentials.createInsecure());
    const request = new LogRequest();
    request.setSeverity(SEVERITY[severity]);
    request.setMessage(message);
    request.setUrn(urn);
    request.setEphemeral(ephemeral);
    this.client.log(request, () => undefined);
  }
}
