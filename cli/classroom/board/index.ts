import { EXIT } from '../../errors';
import { servePage } from '../../ui/serve-page';
import { itemsIf } from '../../../util/optional';
import { noLabs, type RosterOf } from '../missing-labs';
import type { Student } from '../roster';

/** Options of a board besides its students. */
interface Asked {
  roster: RosterOf;
  port?: number;
}

/** Serves the board of a class until Ctrl-C. Returns the exit code. */
export async function classBoard(students: Student[], { roster, port }: Asked): Promise<number> {
  const { file } = roster;
  const missing = noLabs(students, roster);
  const { Board } = await import('./board');
  const board = new Board(students);
  try {
    await servePage({
      page: { sources: 'cli/classroom/board/page', values: { roster: file } },
      title: `The board of ${file}`,
      about: () => [
        'Open it in a browser. The address is a key: keep it to yourself.',
        ...itemsIf(missing, `${missing?.message} To do: ${missing?.cure}`),
        'Ctrl-C ends the board.',
      ],
      port,
      onBrowser: (socket) => board.add(socket),
    });
    return EXIT.well;
  } finally {
    board.close();
  }
}
