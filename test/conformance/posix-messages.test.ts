/**
 * POSIX message queues: C, posix-ipc/syscalls and posix.MessageQueue agree.
 *
 * The ids are interfaces of the Open POSIX suite; texts and code are our own.
 */

import { mqReceiveRows, mqSendRows, mqTimedreceiveRows, mqTimedsendRows } from './mq-messages';
import { mqGetattrRows, mqNotifyRows, mqSetattrRows } from './mq-notify';
import { mqCloseRows, mqOpenRows, mqUnlinkRows } from './mq-open';
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
