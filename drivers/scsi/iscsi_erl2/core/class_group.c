// SPDX-License-Identifier: GPL-2.0
/*
 * Attribute groups on the transport class's objects.
 */
#include <linux/device.h>
#include <linux/sysfs.h>

#include "core/class_group.h"

struct find {
	const char *class;
	struct device *dev;
};

static int match_class(struct device *dev, void *data)
{
	struct find *f = data;

	if (!dev->class || strcmp(dev->class->name, f->class))
		return 0;
	f->dev = get_device(dev);
	return 1;
}

/*
 * The transport class keeps its object to itself: it is the child of @parent
 * that belongs to @class. The caller puts it.
 */
static struct device *class_device(struct device *parent, const char *class)
{
	struct find f = { .class = class };

	device_for_each_child(parent, &f, match_class);
	return f.dev;
}

/**
 * erl2_class_add_group() - show attributes on an object of the transport class
 * @parent: the class's session or connection
 * @class: name of the class whose object, a child of @parent, gets them
 * @group: the attributes
 *
 * Context: process context.
 * Return: 0 or a negative errno.
 */
int erl2_class_add_group(struct device *parent, const char *class,
			 const struct attribute_group *group)
{
	struct device *dev = class_device(parent, class);
	int err;

	if (!dev)
		return -ENODEV;
	err = sysfs_create_group(&dev->kobj, group);
	put_device(dev);
	return err;
}

/**
 * erl2_class_remove_group() - take attributes away
 * @parent: the class's session or connection, which is still there
 * @class: name of the class
 * @group: the attributes
 *
 * Context: process context. Waits for whoever is inside an attribute.
 */
void erl2_class_remove_group(struct device *parent, const char *class,
			     const struct attribute_group *group)
{
	struct device *dev = class_device(parent, class);

	if (!dev)
		return;
	sysfs_remove_group(&dev->kobj, group);
	put_device(dev);
}
