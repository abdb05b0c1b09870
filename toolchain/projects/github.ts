/** Returns `HOST/OWNER/NAME/releases/download/TAG`, the address of a release's files on GitHub. */
export const github = (project: string, tag: string): string =>
  `https://github.com/${project}/releases/download/${tag}`;
