import { resource } from './resource';

interface LabIdComputed {
  /** 8 hexadecimal digits, such as `0a1b2c3d`. Known at preview too. */
  value: string;
}

/** Random id of this lab's state: distinguishes two labs of one name in one account. */
export class LabId extends resource<object, LabIdComputed>('hardway:index:LabId', 'value') {}
