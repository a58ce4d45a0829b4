#pragma once
/* What is done a few times a second while a program runs: diagnostics for a SCADA, and the sign of
 * life for a service manager, which is given while main thread and scan are both alive. Main
 * thread. */

struct runtime;

void pulse_start(struct runtime *runtime);
void pulse_stop(struct runtime *runtime);
