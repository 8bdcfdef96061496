/**
 * Sentences for codes and facts, in English: the one place where what a queue decided is put into words. Used where a person
 * reads: pages, logs, exports.
 */
export { quarantineText, reasonText, stopText } from './failures.ts';
export { askText, doingText, pastimeText, troubleText } from './printer.ts';
export { refusalText, spoken, worded } from './refusals.ts';
export {
  findingText,
  idleText,
  nextText,
  requirementsText,
  secondsText,
  standingText,
  strategyChoices,
  strategyTexts,
  waitText,
} from './schedule.ts';
export {
  alertText,
  comingText,
  deciderText,
  fileText,
  notKnownTexts,
  peerText,
  printText,
  setWaitText,
} from './views.ts';
