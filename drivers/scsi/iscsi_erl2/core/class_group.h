/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Attribute groups on the transport class's objects.
 */
#ifndef _ERL2_CLASS_GROUP_H
#define _ERL2_CLASS_GROUP_H

struct attribute_group;
struct device;

int erl2_class_add_group(struct device *parent, const char *class,
			 const struct attribute_group *group);
void erl2_class_remove_group(struct device *parent, const char *class,
			     const struct attribute_group *group);

#endif /* _ERL2_CLASS_GROUP_H */
