import { spawn, type ChildProcess } from 'node:child_process';
import * as path from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { Struct } from 'google-protobuf/google/protobuf/struct_pb';
import { ResourceProviderClient } from '@pulumi/pulumi/proto/provider_grpc_pb';
import * as rpc from '@pulumi/pulumi/proto/provider_pb';
import { root } from '../../util/repo-root';

export const SIGNATURE = '4dabf18193072939515e22adb298388d';
export const UNKNOWN = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

/** A value as the engine sends secrets. */
export const secret = (value: unknown): object => ({
  [SIGNATURE]: '1b47061264138c4ac30d75fd1eb44270',
  value,
});

export const struct = (values: object): Struct =>
  Struct.fromJavaScript(values as Parameters<typeof Struct.fromJavaScript>[0]);

/** A plugin's process, started as the engine starts it, and a client that speaks the engine's part. */
export class RunningPlugin {
  private constructor(
    readonly parent: ChildProcess,
    readonly pid: number,
    readonly client: ResourceProviderClient,
  ) {}

  /** Starts it under a shell that stands for the engine, so that killing the engine can be tried. */
  static async start(launcher: string): Promise<RunningPlugin> {
    // The shell waits behind the plugin: it is its parent and not replaced by it.
    const parent = spawn('sh', ['-c', '"$0" & echo "pid $!"; wait', path.join(root, launcher)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    const [pid, port] = await new Promise<[number, number]>((resolve, reject) => {
      parent.stdout!.on('data', (bytes) => {
        text += bytes;
        const match = /^(?=[^]*^pid (\d+)$)(?=[^]*^(\d+)$)/m.exec(text);
        if (match) resolve([Number(match[1]), Number(match[2])]);
      });
      parent.on('close', () => reject(new Error(`the plugin ended; it printed: ${text}`)));
    });
    return new RunningPlugin(
      parent,
      pid,
      new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure()),
    );
  }

  create(type: string, name: string, properties: object): Promise<{ id: string; wire: any }> {
    const request = new rpc.CreateRequest();
    request.setUrn(`urn:pulumi:s::p::${type}::${name}`);
    request.setProperties(struct(properties));
    return new Promise((resolve, reject) => {
      this.client.create(request, (error, response) =>
        error
          ? reject(new Error(error.details))
          : resolve({ id: response.getId(), wire: response.getProperties()!.toJavaScript() }),
      );
    });
  }

  get alive(): boolean {
    try {
      process.kill(this.pid, 0);
      return true;
    } catch {
      return false;
    }
  }

  stop(): void {
    this.client.close();
    if (this.alive) process.kill(this.pid);
  }
}
