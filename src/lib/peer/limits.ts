import type { Rate } from '../base/index.ts';
import { queueLimits } from '../queue/index.ts';

/** One Raft tick in milliseconds: fine enough for elections, coarse enough that an idle browser sleeps. */
export const tickMs = 250;
/** Election timeout: 12 to 23 ticks, that is 3 to 6 s. Longer than a handover of the anchor tab takes. */
export const electionTicks = 12;
/** A heartbeat every 2 ticks (0.5 s): six chances before a follower thinks of an election. */
export const heartbeatTicks = 2;
/**
 * After a longer silence of our own clock (sleep, a frozen process) the missed ticks are not made up for: the world has moved on
 * without us, and we must hear from it before we think of an election or of a lease.
 */
export const frozenAfterMs = 2_000;
/** What one tick may add to virtual log time. A sleeping leader's hour is not an hour of the queue. */
export const logTimeStepMsMax = 1_000;
/** An idle leader tells the log's time at least this often, in virtual ms: half of what one entry may add to it. */
export const logTimeUntoldMsMax = queueLimits.stampStepMsMax / 2;

/** Ticks (5 s) without anything to do after which a replica rests. */
export const restAfterTicks = 20;
/** Ticks (20 s) without a leader and without a quorum: a person is offered more after `aloneAfterMs`, and should see it. */
export const restInVainTicks = 80;
/** A resting leader shows life this often and looks whether the others do: connections tell sooner when someone is gone. */
export const restBeatMs = 30_000;
/** A resting follower that missed two beats wakes. */
export const restMissedMs = 75_000;

/**
 * How often one voter may end the time of a leader that is heard without its signed hand-over: who comes back from an election
 * that it called in vain needs it once.
 */
export const termRaiseLedEveryMs = 60_000;
/** The same while nobody leads: so many at once, and then one in this time, in which an election or two find their end. */
export const termRaisesKept = 3;
export const termRaiseEveryMs = 15_000;
/** How often one replica's new claim to lead is looked into: each asks all voters, and an election takes longer. */
export const claimAskEveryMs = 250;
/** How long the voters have to say whether they elected a leader before it is believed: two round trips by way of a relay. */
export const claimWaitMs = 1_000;
/** How long one that the voters did not elect is refused while nobody else leads: elections are over by then. */
export const claimDeniedMs = 15_000;
/**
 * How long a replica that comes back waits for the other voters to say that it has what it acknowledged before it takes part again:
 * connecting takes that long by way of a relay. Those who are away may be lost, so it does not wait for ever.
 */
export const returnWaitMs = 3_000;
/** What others acknowledged is written at the latest so long after it was heard, when no other write takes it along. */
export const acknowledgementsNoteMs = 1_000;

/** Entries of one append message: a frame of the wire holds it four times over, a slow link sends it in a second. */
export const appendBytesMax = 256 * 1024;
/** Append messages, and their bytes, on their way to one replica before its answers are waited for. */
export const inflightMessagesMax = 64;
export const inflightBytesMax = 2 * 1024 * 1024;
/** Proposed and not yet committed: with no quorum the log must not grow without end. */
export const uncommittedBytesMax = 8 * 1024 * 1024;

/** Commands of members that were checked and are kept until they are applied: as many bytes as may be proposed and not yet committed. */
export const openedBytesMax = 8 * 1024 * 1024;

/** Applied entries after which the log is folded into a snapshot. */
export const snapshotEveryEntries = 2_000;
/**
 * Ticks (10 s) after which an offered snapshot is given up and offered again, from the last chunk that was pulled or from the
 * offer: a very slow link moves a chunk in that time, and a slow machine reads the whole snapshot.
 */
export const snapshotPatienceTicks = 40;
/** Entries kept in memory behind a snapshot, so that a peer that blinked needs no snapshot. */
export const entriesKeptBehind = 500;
/** The same while a snapshot is being pulled, which takes minutes on a slow link: 8 MB of entries at most bridge them. */
export const entriesHeldBehind = 20_000;
/** Largest snapshot that travels: a queue of 100,000 jobs has 7 MB; a stored record may have 64 MiB. Taken into memory once by who pulls. */
export const snapshotBytesMax = 48 * 1024 * 1024;
/** Bytes of a chunk of a snapshot: a slow link of 64 kB/s moves one in 4 s, a fast one is not slowed by asking. */
export const snapshotChunkBytes = 256 * 1024;
/** Chunks asked for at once: the next is on its way while one is checked. */
export const snapshotPullsMax = 3;
/** How long one chunk may take before it is asked for again. */
export const snapshotChunkTimeoutMs = 20_000;
/** Pause after a chunk that was lost or wrong. */
export const snapshotRetryMs = 1_000;
/** Snapshots on offer that are kept for those who pull them, and for how long after the last chunk. */
export const snapshotsKeptMax = 3;
export const snapshotsKeptMs = 60_000;

/** How often a command is offered again to whoever leads, in milliseconds. Sessions make this harmless. */
export const commandRetryMs = 1_500;
/** The same while no leader is known: asking oneself costs nothing. */
export const commandSeekMs = 250;
/** When a page is told "unknown": the command stays in the outbox and is offered on. */
export const commandPatienceMs = 20_000;
/** Commands of ours that may wait at once. A person's work of a day; a queue that has lost its peers must not fill the disk. */
export const outboxMax = 1_000;
/** Commands of one session under way at once: below the window that the queue keeps results for. */
export const commandsInFlightMax = 32;

/**
 * What a leader takes from one member, by its own clock: commands (a printer farm needs a few a second, an import of a thousand jobs comes at
 * once), their bytes (a slow link moves 64 kB in a second) …
 */
export const commandRate: Rate = { burst: 2_000, perSecond: 100 };
export const commandBytesRate: Rate = { burst: 4 * 1024 * 1024, perSecond: 256 * 1024 };
/** … and such that come to nothing, refused or said before: a print that two printers wanted is refused to one, now and then. */
export const wastedCommandRate: Rate = { burst: 300, perSecond: 5 };
/** Members that a leader watches at once before it forgets those who use nothing. */
export const authorsWatchedMax = 512;
/** How long a member is told to wait at most, in ms: longer than any bucket takes to fill. */
export const commandLaterMsMax = 600_000;
/** Strangers' requests to join that are looked at: a signature costs a millisecond or two. A class that scans one code comes within a minute. */
export const joinCheckRate: Rate = { burst: 100, perSecond: 20 };
/** How often one member may come back as another replica: two copies of a profile take each other's place a few times before a person sees it. */
export const comebackRate: Rate = { burst: 10, perSecond: 1 / 30 };
/** Requests to join that wait for the log at a time. */
export const joinsWaitingMax = 256;

/** How long a peer may take to answer a request of ours. */
export const requestTimeoutMs = 10_000;
/** How long joining is tried before a person is told that nobody answers. It goes on behind that. */
export const joinPatienceMs = 20_000;
export const joinRetryMs = 1_000;

/**
 * Presence: told at once when it changes or someone comes, but not more often than this; again after this, in case a message was lost,
 * and more and more rarely while nothing happens.
 */
export const presenceMinMs = 400;
export const presenceAgainMs = 4_000;
export const presenceIdleMs = 60_000;
/** A peer that is no longer connected counts as here for this long: connections break and come back. */
export const presenceForgetMs = 13_000;

/** How often a leader compares Raft's members with the queue's. */
export const membershipEveryMs = 500;
/** A peer that claims a vote we do not know of is asked for a proof, at first this often, then ever more rarely. */
export const proofAgainMinMs = 2_000;
export const proofAgainMaxMs = 60_000;
/** Such peers that are remembered at once. */
export const proofsAskedMax = 64;

/** Relays that a person adds or removes, and characters of an address: more than anybody types. */
export const ownRelaysMax = 64;
export const relayCharsMax = 300;

/** Queues that are known to go on from copies of one queue: more is confusion, not news. */
export const heirsPerQueueMax = 8;

/** Views are built and sent at most this often: a person reads no faster, and a page must not be flooded. */
export const viewMinMs = 100;

/** Share links live for a week unless a person chooses otherwise, and at most a year. */
export const linkLifeMsMax = 365 * 24 * 3600 * 1000;

/** Files fetched without being asked for, per file: enough for any sliced part, too little to fill a laptop by surprise. */
export const fetchUnaskedBytesMax = 256 * 1024 * 1024;
/** The same for all files that one author added, and their number: some months of a busy member. */
export const fetchUnaskedAuthorBytesMax = 4 * 1024 ** 3;
export const fetchUnaskedAuthorFilesMax = 1_000;
/** The same for all authors of all queues: what a laptop has to spare, and less than many made-up members could fill. */
export const fetchUnaskedAllBytesMax = 16 * 1024 ** 3;
export const fetchUnaskedAllFilesMax = 10_000;
/** Share of the browser's room that may be in use after a file was fetched unasked: the rest is for what is asked for here. */
export const fetchUnaskedRoomShare = 0.5;
/** Pause before a file whose fetch failed is fetched again without being asked for: twice as long each time, up to the longest. */
export const fetchAgainMs = 5_000;
export const fetchAgainMsMax = 600_000;
/** Pause before room is looked for again where there was none: jobs are done in hours, not in seconds. */
export const fetchRoomAgainMs = 10_000;
/** Files whose failed fetches are remembered; the oldest are tried again. */
export const fetchFailuresMax = 10_000;
/** Files of another size than their queue says that are remembered on disk. */
export const fetchRefusalsMax = 10_000;
/** Bytes of a picture that pages are given: one of 220 × 124 pixels, as slicers make them, has 10 to 30 kB. */
export const pictureBytesMax = 48 * 1024;
/** Pictures kept in memory: 32 MB at most, and more than a page shows at once. */
export const picturesKeptMax = 500;
/** Files whose pictures are waited for at once; others are looked for when they are looked at again. */
export const picturesWaitingMax = 500;
/** Times that reading a file for its picture is begun: when it never came to its end, this peer died of it or at the wrong moment. */
export const pictureTriesMax = 2;
/** Files fetched at once without being asked for, and those of one author: what nobody really holds must not keep others waiting. */
export const fetchesMax = 4;
export const fetchesPerAuthorMax = 2;

/** Milliseconds before the end of a lease at which this peer no longer starts a print: clocks and commits take time. */
export const leaseGuardMs = 5_000;
/** A wall clock may be set back by so many milliseconds, as those that keep it right do, without a lease being doubted: less than the guard. */
export const setBackMs = 1_000;

/** Queues in one browser: ten in use is a large maker space; each costs a log and a timer. */
export const queuesMax = 50;
/** Lines of a printer's terminal that a page is shown. */
export const terminalLinesMax = 500;
/** How often a tab shows its printers to the other tabs of this browser, at most. */
export const tabViewsMs = 400;
/** How long another tab may take to answer: it answers by events, which are not throttled when it is hidden. */
export const tabAnswerMs = 4_000;
/** How long a person at the other tab may take to find it and to answer. */
export const tabPersonMs = 120_000;
/** How often a tab looks whether those whose printers it shows still live. */
export const tabsLookMs = 3_000;
/** Without a leader for this long, the others are taken to be away: two elections fit into it, of which one may be split. */
export const aloneAfterMs = 15_000;
/** A copy is claimed ahead once it was free for this long: every printer that stands idle has had its turn by then (see `roundMs`). */
export const aheadPatienceMs = 6_000;
/** A printer whose bed must be cleared keeps its copies ahead for this long, then they are for the others. */
export const aheadIdleMs = 60_000;

/** Who is not heard is told why at most this often: it may send many messages before it understands. */
export const wordPauseMs = 5_000;
/**
 * A replica that nobody leads, though voters are connected, asks them whether it is heard: first after the time of an election, which mostly is
 * the reason, and then ever more rarely.
 */
export const placeAskMinMs = 5_000;
export const placeAskMaxMs = 60_000;
/** Voters asked at a time, others the next time. */
export const placeAskedMax = 20;
/**
 * Of two copies of a replica that were opened equally often the one heard of first is believed, until it was silent for this long: longer than a
 * resting leader takes to miss it.
 */
export const twinForgottenMs = 120_000;
/** Rows that one window of a list shows: a tall screen and as much above and below it. */
export const windowRowsMax = 200;
/** Searches of a list that are kept up to date: those of the last few keystrokes. */
export const searchesKept = 8;
/** Jobs that are prepared for a search at a time, and ms between: some 3 ms of work, so that nothing else waits for it. */
export const searchSlice = 2_000;
export const searchSliceMs = 10;
/** Characters of a search. */
export const searchCharsMax = 120;
/** Joins by one link that a page may allow: a whole maker space may scan one QR code. */
export const invitationUsesMax = 10_000;
/** Joins by a link when nobody said how many. */
export const linkUsesMax = 100;
/** Entries in one answer to a listener: a slow link sends it in a few seconds. */
export const listenAnswerBytesMax = 256 * 1024;
/** Entries in news that are passed on by gossip: every listener hears them several times over. Longer ones are fetched. */
export const newsBytesMax = 32 * 1024;
/** Entries that wait for a checkpoint: what is beyond is fetched again when there is room. */
export const listenPendingBytesMax = 8 * 1024 * 1024;
/** Commits of so many milliseconds are told together: a person does not notice, and one signature serves them all. */
export const newsDelayMs = 40;
/** A leader that has nothing to tell says so this often … */
export const newsBeatMs = 4_000;
/** … and who has heard nothing for this long takes gossip to be broken, and asks. */
export const newsSilenceMs = 10_000;
/** How often a listener asks while gossip brings nothing, or while it is behind and nobody had an answer. */
export const listenAskMs = 1_000;
/** How often it asks although gossip works: so that its leader knows that it is still there. */
export const listenStayMs = 30_000;
/** After this time without a question a listener's place in its topic is free. */
export const listenerForgetMs = 90_000;
/** Listeners of one topic: a mesh of this size passes news on in three steps, and a topic is told to as many as hear it. */
export const listenersPerTopicMax = 60;

/**
 * Pauses before a queue whose disk failed is opened again from there, one for each try in a row: a hiccup is over in a second, room on a full disk
 * a person must make. After the last one a person reloads the app.
 */
export const reopenPausesMs = {
  'storage-failed': [1_000, 5_000, 30_000, 120_000, 600_000],
  'storage-full': [30_000, 120_000, 600_000],
} as const;
/** A queue that has stayed up for this long begins with the first pause again. */
export const reopenForgivenMs = 900_000;
/** A start that the others neither agreed on nor left undecided for long enough is looked at again after this, in ms: a person would not notice. */
export const startAgainMs = 2_000;
/** What a printer did and the storage of this browser did not take is given to it again after this, in ms: a person frees room in minutes, and each try is one write. */
export const unkeptPauseMs = 5_000;
/** Invitations of a queue, the newest, under whose keys a peer is to be found; older links name relays and peers. */
export const invitationKeysMax = 32;
/** Peers found by rendezvous that are remembered for one join. */
export const foundMax = 200;

/** A leader that goes waits this long until somebody else leads: a transfer takes two round trips and a write on each side. */
export const handOverMs = 2_000;
/** Who leaves a queue waits this long until the others count on it no more: a change of Raft's members and of its leader, with a slow disk at each. */
export const goodbyeMs = 10_000;

/** How long a census waits for answers: gossip takes a second or two, and the answers are spread over `censusSpreadMs`. */
export const censusWaitMs = 5_000;
/** Over which time those who answer a census do so. */
export const censusSpreadMs = 1_500;
/** A peer's questions are answered no more often than this: less than a poll takes, so that no honest one is passed over. */
export const censusEveryMs = 3_000;
/** Peers whose last question is remembered; the oldest are forgotten. */
export const censusAskersMax = 200;
/** Answers on their way from one peer: more askers at once are not answered. */
export const censusAnswersAtOnceMax = 20;
/** A signed question: 32 bytes of queue, two numbers, key, signature and their names have about 200. */
export const censusQuestionBytesMax = 300;

/** Of a call by a page: characters of an id, of any other text (a link is the longest), entries of a list. What is kept has narrower limits. */
export const callIdCharsMax = 200;
export const callTextCharsMax = 100_000;
export const callListMax = 10_000;

/** Files that one presence message names; the rest are asked for by other means when it comes to that. */
export const filesToldMax = 500;
