/** Architectures, with Go's names, that every program is released for. */
export const ARCHITECTURES = ['amd64', 'arm64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** SHA-256 of an official file: pinned here, or in a file that the project publishes. */
export type Digest =
  { pinned: Record<Architecture, string> } | { published: (architecture: Architecture) => string };

/** A file that a project publishes: one program, or an archive with programs. */
export interface Release {
  /** Official URL. */
  url: (architecture: Architecture) => string;
  digest: Digest;
  /**
   * Approximate size in megabytes, for estimates. Sources: bench/downloads/archives.ts.
   */
  megabytes: number;
  /**
   * Maps each program to its path in the tar.gz archive, exactly as upstream packs it: `./bridge`,
   * not `bridge`. A string: the file is that program itself.
   */
  holds: string | ((architecture: Architecture) => Record<string, string>);
}

/** Programs built from one Go module. Its go.mod and go.sum are in modules/NAME. */
export interface Build {
  /** Directory in modules/. Also the name in progress output. */
  name: string;
  /** Maps each program to the package of its main function. */
  packages: Record<string, string>;
  ldflags?: string;
  tags?: string[];
  /** Set if the build needs a C compiler: additional Debian packages. */
  cgo?: { debianPackages: string[] };
  /**
   * Measured seconds on two cores with an empty cache, in the manifest's order of builds, without
   * the download of modules. Used for estimates.
   */
  seconds: number;
  /**
   * Number of packages that Go compiles with an empty cache, in the manifest's order of builds.
   * Used for estimates.
   */
  compiles: number;
}

/** A project that publishes programs, for example etcd, at one version. Its programs are obtained together. */
export interface UpstreamProject {
  name: string;
  version: string;
  /** host: programs that run on the host. node: programs that run on nodes. */
  use: ('host' | 'node')[];
  programs: string[];
  releases: Release[];
  builds: Build[];
}
