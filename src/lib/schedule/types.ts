/**
 * The records of a queue that choosing looks at. Types only: this room reads a queue's state and never changes it, so it runs
 * without the queue room's code.
 */
export type { FileId, JobId, PeerId, PrintId, PrinterId, SetId } from '../base/index.ts';
export type {
  Change,
  Job,
  JobSet,
  Material,
  Printer,
  QueueFile,
  QueueView,
  Settings,
  Strategy,
} from '../queue/index.ts';
