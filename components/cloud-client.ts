import { CloudError } from './cloud';

/** Wraps calls of a cloud's client: `describe` turns every error into a CloudError. */
export const describingErrors =
  (describe: (error: unknown) => CloudError) =>
  async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof CloudError) throw error;
      throw describe(error);
    }
  };

/** Collects the items of all pages. */
export async function gathered<Page, Item>(
  pages: AsyncIterable<Page>,
  of: (page: Page) => Item[] | undefined,
): Promise<Item[]> {
  const found: Item[] = [];
  for await (const page of pages) found.push(...(of(page) ?? []));
  return found;
}
