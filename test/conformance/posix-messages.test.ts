/**
 * POSIX message queues: C, posix-ipc/syscalls and posix.MessageQueue agree.
 *
 * The ids are interfaces of the Open POSIX suite; texts and code are our own.
 */

import { mqGetattrRows, mqSetattrRows } from './mq-attributes';
import { mqCloseRows, mqUnlinkRows } from './mq-close';
import { mqReceiveRows, mqSendRows } from './mq-messages';
import { mqNotifyRows } from './mq-notify';
import { mqOpenRows } from './mq-open';
import { mqTimedreceiveRows, mqTimedsendRows } from './mq-timed';
import { testTable } from './table';

testTable('posix-messages', ['syscalls', 'MessageQueue'], {
  mq_open: mqOpenRows,
  mq_close: mqCloseRows,
  mq_unlink: mqUnlinkRows,
  mq_send: mqSendRows,
  mq_receive: mqReceiveRows,
  mq_timedsend: mqTimedsendRows,
  mq_timedreceive: mqTimedreceiveRows,
  mq_notify: mqNotifyRows,
  mq_getattr: mqGetattrRows,
  mq_setattr: mqSetattrRows,
});
