#include "target.h"
unsigned int judge_breaches;
static FILE *rep;
#include <stdarg.h>
void judge_open(const char *path){rep=fopen(path,"w");}
void judge(const struct conn *c,const char *sec,const char *fmt,...){va_list ap;char b[500];va_start(ap,fmt);vsnprintf(b,500,fmt,ap);va_end(ap);judge_breaches++;logf_("JUDGE #%u RFC 7143 %s: %s",c?c->id:0,sec,b);if(rep)fprintf(rep,"JUDGE: RFC 7143 %s: %s\n",sec,b),fflush(rep);}
void judge_conn_new(struct conn *c){(void)c;}
void judge_conn_free(struct conn *c){(void)c;}
void judge_session_free(struct session *s){(void)s;}
void judge_task_free(struct task *t){(void)t;}
void judge_rx(struct conn *c,const struct pdu *p){(void)c;(void)p;}
void judge_tx(struct conn *c,const struct pdu *p,bool w){(void)c;(void)p;(void)w;}
void judge_login_keys(struct conn *c,const struct text *t,int g,bool l){(void)c;(void)t;(void)g;(void)l;}
void judge_ffp_start(struct conn *c,struct conn *o){(void)c;(void)o;}
void judge_conn_lost(struct conn *c){(void)c;}
void judge_delivered(struct task *t){(void)t;}
void judge_executed(struct task *t){(void)t;}
void judge_session_end(struct session *s,const char *w){(void)s;(void)w;}
void judge_finish(void){}
void judge_summary(void){}
void scenario_load(const char *p){die("%s: no scenarios yet",p);}
void scenario_define(const char *a,const char *b){(void)a;(void)b;}
bool fault_rx(struct conn *c,struct pdu *p){(void)c;(void)p;return false;}
long fault_rx_cut(struct conn *c,const u8 *b,struct rule **r){(void)c;(void)b;(void)r;return -1;}
bool fault_tx(struct conn *c,struct pdu *p){(void)c;(void)p;return false;}
bool fault_login(struct conn *c,int *s,char *r,size_t n){(void)c;(void)s;(void)r;(void)n;return false;}
bool fault_execute(struct task *t){(void)t;return false;}
void fault_ffp(struct conn *c){(void)c;}
void fault_accept(void){}
void fault_run(struct rule *r,struct conn *c){(void)r;(void)c;}
void scenario_verdict(void){}
