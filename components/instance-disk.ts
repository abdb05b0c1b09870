/** GiB of an instance's disk. Ubuntu, Kubernetes and the article's images leave half of it free. */
export const DISK_GIB = 20;
